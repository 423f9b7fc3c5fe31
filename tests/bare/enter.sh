#!/bin/bash
# The first process of new mount, process, UTS and IPC namespaces: makes a folder the
# root of all that it sees, and runs a script there as on a machine of its own.
#
# enter.sh ROOT SCRIPT [CACHE…]: caches are folders that are the same inside and out.
set -euo pipefail
root=$1 script=$2
shift 2

hostname bare
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --bind /dev "$root/dev"
mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
mount -t tmpfs -o mode=755 run "$root/run"
mkdir "$root/run/lock"
for cache in "$@"; do
	mkdir -p "$root$cache"
	mount --bind "$cache" "$root$cache"
done

cd "$root"
mkdir -p .outside
pivot_root . .outside
umount -l /.outside
rmdir /.outside
# As systemd makes it; the kubelet asks for it.
mount --make-rshared /

cd /root/mofang
# Not exec: this process waits for whatever is left behind by others.
env -i HOME=/root USER=root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	bash -euo pipefail "$script"
