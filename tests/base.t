#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/base: the trees it takes and refuses, and what is left when it stops.

. "$(dirname "$0")/tap.sh"

new_kernel "$T/kernel" 13
new_clone "$T/a clone"
new_clone "$T/clone"
base=$T/clone/scripts/base
build=$T/clone/build

# A PATH with every tool but those named.
path_without() {
	rm -rf "${T:?}/bin"
	mkdir "$T/bin"
	for tool in /usr/bin/* /bin/* /usr/sbin/* /sbin/*; do
		[ -e "$T/bin/${tool##*/}" ] || ln -s "$tool" "$T/bin/"
	done
	for tool; do
		rm -f "$T/bin/$tool"
	done
}

# fake NAME: a tool in PATH of $T/fake, its script on stdin.
fake() {
	mkdir -p "$T/fake"
	cat >"$T/fake/$1"
	chmod +x "$T/fake/$1"
}

# --- a tree of the user's

fails 'KDIR that is no kernel tree' "is not a kernel tree" env KDIR="$T" "$base"

new_kernel "$T/old"
sed -i 's/^PATCHLEVEL.*/PATCHLEVEL = 1/' "$T/old/Makefile"
commit_in "$T/old" 'v7.1'
fails 'wrong version' "wrong version: .* is '7.1.1', need v7.2.y" env KDIR="$T/old" "$base"
sed -i 's/^PATCHLEVEL.*/PATCHLEVEL = 2/; s/^EXTRA.*/EXTRAVERSION = -rc3/' "$T/old/Makefile"
commit_in "$T/old" 'v7.2-rc3'
fails 'release candidate' "wrong version: .*7.2.1-rc3" env KDIR="$T/old" "$base"

mkdir "$T/nogit"
cp "$T/kernel/Makefile" "$T/nogit"
fails 'no git tree' "is not a git tree" env KDIR="$T/nogit" "$base"
mkdir "$T/kernel/sub"
cp "$T/kernel/Makefile" "$T/kernel/sub"
fails 'folder inside a git tree' "is not the top of a git tree" env KDIR="$T/kernel/sub" "$base"
rm -r "$T/kernel/sub"

echo dirt >>"$T/kernel/Makefile"
fails 'dirty tree' "dirty tree: .* has uncommitted changes" env KDIR="$T/kernel" "$base"
g -C "$T/kernel" checkout -q .

path_without git
fails 'git missing' "git not found: install the Debian package git" env PATH="$T/bin" KDIR="$T/kernel" "$base"

fake df <<'EOF'
#!/bin/sh
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
echo 'disk 100000 90000 10000 90% /'
EOF
fails 'no space' "no space: .* 0 GiB free, 12 GiB needed" env PATH="$T/fake:$PATH" KDIR="$T/kernel" "$base"
rm "$T/fake/df"

fails 'blank in the path' "has a blank or colon" env KDIR="$T/kernel" "$T/a clone/scripts/base"

[ ! -e "$build/linux" ]
result $? 'refused trees leave no build/linux'

# git reset hangs; TERM arrives; the next run starts over.
fake git <<EOF
#!/bin/sh
case "\$*" in *'reset -q --hard'*) touch $T/hanging; sleep 60 ;; esac
exec $(command -v git) "\$@"
EOF
env PATH="$T/fake:$PATH" KDIR="$T/kernel" setsid "$base" >"$T/out" 2>&1 &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$T/hanging" ] || sleep 0.5
done
kill -TERM "-$pid"
wait "$pid"
[ ! -e "$build/linux" ] && [ ! -e "$build/linux.tmp" ]
result $? 'an interrupted run leaves nothing'
rm "$T/fake/git"
mkdir -p "$build/linux.tmp/.git"
passes 'a run after one that was killed' env KDIR="$T/kernel" "$base"
says 'it names the version' "base is 7.2.13 ("
[ "$(g -C "$build/linux" rev-parse base)" = "$(g -C "$T/kernel" rev-parse HEAD)" ]
result $? 'branch base is the commit of KDIR'
passes 'a second run' "$base"
fails 'another KDIR later on' "remove build/ to change the base" env KDIR="$T/old" "$base"

mv "$T/kernel" "$T/moved"
fails 'the lender is gone' "the repository that it borrows from is gone" "$base"
mv "$T/moved" "$T/kernel"

rm -rf "$build"
g clone -q --depth 1 "file://$T/kernel" "$T/shallow"
passes 'a shallow clone' env KDIR="$T/shallow" "$base"
rm -rf "$build"
g -C "$T/kernel" worktree add -q --detach "$T/worktree"
passes 'a linked work tree, from a git hook, relative' \
	env -C "$T" KDIR=worktree GIT_DIR=/nonexistent GIT_AUTHOR_NAME=x "$base"

# --- Debian's package, from an archive made here

rm -rf "$build"
if ! command -v dpkg-deb >/dev/null || [ ! -r /usr/share/keyrings/debian-archive-keyring.gpg ]; then
	plan
	exit
fi

# new_deb VERSION SUBLEVEL [PATCHLEVEL]
new_deb() {
	rm -rf "$T/deb"
	mkdir -p "$T/deb/DEBIAN" "$T/deb/usr/src"
	printf '%s\n' 'Package: linux-source-7.2' "Version: $1" 'Architecture: all' \
		'Maintainer: none <none@localhost>' 'Description: test' >"$T/deb/DEBIAN/control"
	rm -rf "$T/linux-source-7.2"
	new_kernel "$T/linux-source-7.2" "$2"
	rm -rf "$T/linux-source-7.2/.git"
	sed -i "s/^PATCHLEVEL.*/PATCHLEVEL = ${3:-2}/" "$T/linux-source-7.2/Makefile"
	printf '%s\n' '' '#' '# Debian packaging: ignore everything at the top level' '#' \
		'/*' '!/debian/' >>"$T/linux-source-7.2/.gitignore"
	tar -C "$T" -cJf "$T/deb/usr/src/linux-source-7.2.tar.xz" linux-source-7.2
	dpkg-deb --root-owner-group --build "$T/deb" "$T/debs/linux-source-7.2_$1_all.deb" >/dev/null
}
mkdir "$T/debs"
new_deb 7.2.6-1 6
new_deb 7.2.12-1 12

fake apt-get <<EOF
#!/bin/sh
case "\$*" in
*' update')
	[ ! -e $T/offline ] && exit
	echo "W: Failed to fetch http://mirror.invalid/dists/sid/InRelease  Could not resolve 'mirror.invalid'" >&2
	exit ;;
*download*)
	v=\${*##*linux-source-7.2=}
	cp "$T/debs/linux-source-7.2_\${v}_all.deb" . && exit
	echo "E: Failed to fetch \$v  404  Not Found" >&2
	exit 100 ;;
esac
EOF
fake apt-cache <<EOF
#!/bin/sh
[ ! -e $T/not-offered ] && [ ! -e $T/offline ] || exit 0
for v in 7.2.6-1 7.2.13-1 7.2.12-1; do
	echo "linux-source-7.2 | \$v | http://mirror.invalid sid/main amd64 Packages"
done
EOF
PATH=$T/fake:$PATH

touch "$T/offline"
fails 'no network' "no network: W: Failed to fetch" "$base"
rm "$T/offline"
touch "$T/not-offered"
fails 'not offered' "linux-source-7.2 is not offered by .*: give a tree with KDIR=DIR" "$base"
rm "$T/not-offered"
[ ! -e "$NVMX_CACHE/v7.2.git" ] && [ ! -e "$NVMX_CACHE/tmp" ]
result $? 'nothing is left in the cache'

mv "$T/debs/linux-source-7.2_7.2.12-1_all.deb" "$T/whole.deb"
head -c 700 "$T/whole.deb" >"$T/debs/linux-source-7.2_7.2.12-1_all.deb"
fails 'a package cut short' "cannot be unpacked" "$base"
mv "$T/whole.deb" "$T/debs/linux-source-7.2_7.2.12-1_all.deb"

passes 'the newest version that can be had' "$base"
says 'falls back from 7.2.13' "7.2.13-1 cannot be had: E: Failed to fetch"
says 'to 7.2.12' "base is 7.2.12"
touch "$build/linux/arch/x86/kvm/vmx/new.c"
[ -n "$(g -C "$build/linux" status --porcelain)" ]
result $? "a new file is not ignored, Debian's .gitignore notwithstanding"
first=$(g -C "$build/linux" rev-parse base)
rm -rf "$build" "$NVMX_CACHE"
passes 'again from nothing' env GIT_AUTHOR_NAME=x GIT_COMMITTER_DATE=2001-01-01T00:00:00Z "$base"
[ "$(g -C "$build/linux" rev-parse base)" = "$first" ]
result $? 'the same source is the same commit'

rm -rf "$build" "$NVMX_CACHE" "$T"/debs/*
sed -i s/7.2.12-1/7.2.12-2/ "$T/fake/apt-cache"
new_deb 7.2.12-2 12 3
fails 'a package of another version' "wrong version: Debian's linux-source-7.2 is '7.3.12'" "$base"
rm "$T"/debs/*
fails 'no version can be had' "none of the offered versions could be downloaded" "$base"

plan
