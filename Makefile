# SPDX-License-Identifier: GPL-2.0
#
# make demo    nested guests on upstream v7.2 and on v7.2 + series, side by side
# make check   everything is tested; ends with "N passed, N failed"
#
# In: KDIR=DIR        a git tree of v7.2.y to use instead of Debian's source
#     NVMX_CACHE=DIR  downloads and compiler cache (default ~/.cache/kvm-nvmx)
#     JOBS=N          parallel jobs (default: number of CPUs)

export KDIR NVMX_CACHE JOBS

.PHONY: help demo check deps base apply export kunit suite matrix bench report clean

help:
	@sed -n '3,8s/^# \{0,1\}//p' Makefile
	@echo
	@echo 'Single steps: deps base apply export kunit suite matrix bench report clean'

demo:
	@scripts/demo

check:
	@scripts/check

deps:
	@scripts/deps

base:
	@scripts/base

apply: base
	@scripts/series apply

export:
	@scripts/series export

kunit: apply
	@scripts/kunit

suite: apply
	@scripts/lab suite base tip

matrix: apply
	@scripts/lab matrix

bench: apply
	@scripts/bench

report:
	@scripts/report

# The cache outside the clone stays.
clean:
	rm -rf build
