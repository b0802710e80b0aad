// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/**
 * Filters on clsact of an interface in the calling thread's network namespace, both directions,
 * of any kind and owner; -1 when the kernel did not tell. By route netlink, as libbpf cannot list.
 */
int CountFilters(int ifindex);
