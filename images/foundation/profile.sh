# Terminals of JupyterLab are log-in shells, and Debian's /etc/profile forgets
# the image's PATH.
case ":$PATH:" in
  *:/opt/mofang/bin:*) ;;
  *) export PATH="/opt/mofang/bin:$PATH:$HOME/.local/bin" ;;
esac
if [ -n "${BASH_VERSION:-}" ] && [ -n "${PS1:-}" ] && ! shopt -oq posix; then
  . /usr/share/bash-completion/bash_completion
fi
