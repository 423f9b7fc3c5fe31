# Terminals of JupyterLab are log-in shells, and Debian's /etc/profile forgets
# the image's PATH.
case ":$PATH:" in
  *:/opt/mofang/bin:*) ;;
  *) export PATH="/opt/mofang/bin:$PATH:$HOME/.local/bin" ;;
esac
# pip, python and uv are those of the person's own packages, unless another virtual
# environment was activated before.
if [ -n "${VIRTUAL_ENV:-}" ]; then
  case ":$PATH:" in
    *":$VIRTUAL_ENV/bin:"*) ;;
    *) export PATH="$VIRTUAL_ENV/bin:$PATH" ;;
  esac
elif [ -x /opt/mofang/bin/mofang-environment ]; then
  eval "$(/opt/mofang/bin/mofang-environment shell)"
fi
if [ -n "${BASH_VERSION:-}" ] && [ -n "${PS1:-}" ] && ! shopt -oq posix; then
  . /usr/share/bash-completion/bash_completion
  # Programs move when changes of packages are undone.
  shopt -s checkhash
fi
