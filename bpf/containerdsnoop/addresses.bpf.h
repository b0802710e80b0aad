/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sockets are to be watched: by the name that they are bound to, or by the file that it is.
 */
#ifndef IMAGESNOOP_CONTAINERDSNOOP_ADDRESSES_BPF_H
#define IMAGESNOOP_CONTAINERDSNOOP_ADDRESSES_BPF_H

#include "kernel.bpf.h"
#include "../containerdsnoop.h"

#define MAX_ADDRESSES 1024

/* Names in full (with the NUL behind) or their beginnings; put in by user space before attaching.
 * Abstract names begin with a NUL. */
struct address_key {
	__u32 prefix_length; /* in bits */
	char name[ADDRESS_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, MAX_ADDRESSES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct address_key);
	__type(value, __u32);
} address_names SEC(".maps");

/* The same sockets as files: one may be bound by a relative path, or be named by a symbolic link.
 * User space adds the new file when a server binds its address again. */
struct address_file {
	__u64 inode;
	__u64 dev; /* kernel encoding: major << 20 | minor */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ADDRESSES);
	__type(key, struct address_file);
	__type(value, __u32);
} address_files SEC(".maps");

/* What changes while the programs run; written by user space. */
struct control {
	__u32 generation; /* of the addresses: a verdict of an older one against a socket is void */
	__u32 ready;	  /* what was open at the start is known: the rest is new */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct control);
} control SEC(".maps");

static __always_inline struct control *current_control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

/* The bytes of a socket's name; 0 if it has none. */
static __always_inline __u32 read_address(struct unix_sock *unix_sk, char name[ADDRESS_LEN])
{
	struct unix_address *address = BPF_CORE_READ(unix_sk, addr);
	__u32 length;

	if (!address)
		return 0;
	length = BPF_CORE_READ(address, len) - SUN_PATH_OFFSET;
	if (length > ADDRESS_LEN)
		return 0;
	if (bpf_probe_read_kernel(name, length,
				  __builtin_preserve_access_index(&address->name[0].sun_path)))
		return 0;
	return length;
}

/* Is this one end, or the listener, of a server that is to be watched? */
static __noinline bool is_watched_server(struct unix_sock *unix_sk)
{
	struct address_key key = {.prefix_length = ADDRESS_LEN * 8};
	struct address_file file = {};
	struct dentry___inode *dentry;

	if (!unix_sk || !read_address(unix_sk, key.name))
		return false;
	if (bpf_map_lookup_elem(&address_names, &key))
		return true;
	dentry = (struct dentry___inode *)BPF_CORE_READ(unix_sk, path.dentry);
	if (!dentry)
		return false;
	file.inode = BPF_CORE_READ(dentry, d_inode, i_ino);
	file.dev = BPF_CORE_READ((struct dentry *)dentry, d_sb, s_dev);
	return bpf_map_lookup_elem(&address_files, &file);
}

#endif
