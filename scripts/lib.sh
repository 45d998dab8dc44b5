# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the variables are for the sourcing script
# Shared by the project's shell tools: paths, messages, timing.  Sourced, not run.
#
# In:  NVMX_CACHE  folder for downloads and compiler cache, outside the clone
#                  (default ${XDG_CACHE_HOME:-$HOME/.cache}/kvm-nvmx)
#      JOBS        parallel compile jobs (default: number of CPUs)
# Out: TOP, BUILD, CACHE, JOBS, ME, and the functions below.

set -eu

ME=${0##*/}
TOP=$(cd "$(dirname "$0")/.." && pwd -P)
BUILD=$TOP/build
CACHE=${NVMX_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/kvm-nvmx}
JOBS=${JOBS:-$(nproc)}
# Messages of git, apt and make are parsed; a clone must not depend on the
# user's git settings or language.
LC_ALL=C.UTF-8
export LC_ALL
# Run from a git hook or `git rebase -x`, the environment points git at that
# repository, whatever -C says; an identity in it would get into commits that
# must be the same everywhere; and make would hand its own flags to the kernel's.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_COMMON_DIR GIT_OBJECT_DIRECTORY \
	GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_PREFIX GIT_NAMESPACE GIT_CEILING_DIRECTORIES \
	GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE \
	GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE \
	GIT_DIFF_OPTS GIT_EXTERNAL_DIFF \
	MAKEFLAGS MFLAGS MAKELEVEL KBUILD_OUTPUT ARCH CROSS_COMPILE

# die MESSAGE: one line on stderr, exit 1.
die() {
	printf '%s: error: %s\n' "$ME" "$*" >&2
	exit 1
}

# usage_error MESSAGE: as die, exit 2, pointing at --help.
usage_error() {
	printf '%s: error: %s (see %s --help)\n' "$ME" "$*" "$ME" >&2
	exit 2
}

say() {
	printf '%s: %s\n' "$ME" "$*"
}

# need TOOL PACKAGE: exit with the name of the Debian package when TOOL is missing.
need() {
	command -v "$1" >/dev/null 2>&1 ||
		die "$1 not found: install the Debian package $2 (scripts/deps installs all)"
}

# need_space DIR GIB: exit unless DIR's file system has GIB GiB free.
need_space() {
	free_kib=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
	[ "$free_kib" -ge $(($2 * 1024 * 1024)) ] ||
		die "no space: $1 has $((free_kib / 1048576)) GiB free, $2 GiB needed"
}

# lock FILE: wait for another run that holds FILE; held until this script ends.
lock() {
	need flock util-linux
	exec 9>"$1"
	flock -n 9 && return
	say "another run is at work, waiting for it ($1)"
	flock 9
}

# step WORDS...: announce a long step; done_step prints the seconds it took.
step() {
	step_name=$*
	step_start=$(date +%s)
	printf '%s: %s ...\n' "$ME" "$step_name"
}

done_step() {
	printf '%s: %s: done (%s s)\n' "$ME" "$step_name" $(($(date +%s) - step_start))
}

# show_help: print the comment block at the top of the calling script.
show_help() {
	sed -n '3,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"
}

# git_plain ARGS...: git with nothing of the user's configuration.
git_plain() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_ATTR_NOSYSTEM=1 git \
		-c user.name='nVMX series' -c user.email='nvmx@localhost' \
		-c core.attributesFile=/dev/null -c core.excludesFile=/dev/null \
		-c gc.auto=0 -c advice.detachedHead=false "$@"
}

# use_ccache TREE: set CC, and have ccache, if there is one, share objects between
# kernel trees that have the same place relative to their output folders.
use_ccache() {
	CC=gcc
	if command -v ccache >/dev/null 2>&1; then
		CC='ccache gcc'
		CCACHE_DIR=$CACHE/ccache CCACHE_BASEDIR=$(dirname "$1") CCACHE_NOHASHDIR=1
		CCACHE_SLOPPINESS=time_macros CCACHE_MAXSIZE=5G
		export CCACHE_DIR CCACHE_BASEDIR CCACHE_NOHASHDIR CCACHE_SLOPPINESS CCACHE_MAXSIZE
	fi
}
