#!/bin/sh
# feedlab-server under valgrind, for `make check-valgrind`: leaks and errors turn its exit status into 9.
# SPDX-License-Identifier: MIT
exec valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect --error-exitcode=9 \
  "$FEEDLAB_PROGRAM" "$@"
