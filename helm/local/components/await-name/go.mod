module mofang.dev/local/await-name

go 1.26.0
