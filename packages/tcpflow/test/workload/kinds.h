/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of connections: who ends them and how, and by which calls they begin. */
#ifndef KINDS_H
#define KINDS_H

#include "network.h"

#define ASKED	 1000 /* bytes that the client sends */
#define ANSWERED 5000 /* and gets */
#define EXTRA	 70   /* sent after that, where a kind does */

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum how {
	CLIENT_FIN,
	SERVER_FIN,
	CLIENT_HALF, /* shutdown(), and the server goes on */
	CLIENT_RST,  /* SO_LINGER 0 */
	SERVER_RST,
	CLIENT_UNREAD, /* close() with bytes unread */
	SERVER_UNREAD_AFTER_FIN,
	RST_BEFORE_ACCEPT,
	FIN_BEFORE_ACCEPT,
	CLIENT_KILLED,
	SERVER_CHILD, /* the connection is handed to a child, which closes it last */
	UNANSWERED,   /* nothing gets through any more */
};

enum by {
	BY_CALL,
	BY_ACCEPT4,
	BY_NONBLOCKING,
	BY_URING,
	BY_URING_ASYNC,
	BY_THREAD,
	BY_FASTOPEN,
	BY_MPTCP,
};

static const struct kind {
	const char *name, *to;
	enum how how;
	enum by connect_by, accept_by;
} KINDS[] = {
    {"mptcp", SERVER4, CLIENT_FIN, BY_MPTCP, BY_MPTCP}, /* first: the kernel closes it later */
    {"client-fin", SERVER4, CLIENT_FIN},
    {"server-fin", SERVER4, SERVER_FIN},
    {"client-half", SERVER4, CLIENT_HALF},
    {"client-rst", SERVER4, CLIENT_RST},
    {"server-rst", SERVER4, SERVER_RST},
    {"client-unread", SERVER4, CLIENT_UNREAD},
    {"server-unread-after-fin", SERVER4, SERVER_UNREAD_AFTER_FIN},
    {"rst-before-accept", SERVER4, RST_BEFORE_ACCEPT},
    {"fin-before-accept", SERVER4, FIN_BEFORE_ACCEPT},
    {"client-killed", SERVER4, CLIENT_KILLED},
    {"server-child", SERVER4, SERVER_CHILD},
    {"ipv6", SERVER6, CLIENT_FIN},
    {"ipv6-rst", SERVER6, SERVER_RST},
    {"mapped", "::ffff:10.78.0.2", SERVER_FIN},
    {"accept4", SERVER4, CLIENT_FIN, BY_CALL, BY_ACCEPT4},
    {"nonblocking", SERVER4, CLIENT_FIN, BY_NONBLOCKING, BY_NONBLOCKING},
    {"uring", SERVER4, CLIENT_FIN, BY_URING, BY_URING},
    {"uring-async", SERVER6, SERVER_FIN, BY_URING_ASYNC, BY_URING_ASYNC},
    {"thread", SERVER4, CLIENT_FIN, BY_THREAD, BY_THREAD},
    {"fastopen", SERVER4, CLIENT_FIN, BY_FASTOPEN, BY_CALL},
    {"unanswered", SERVER4, UNANSWERED}, /* last: the server does not end by itself */
};
#define N_KINDS	   (sizeof(KINDS) / sizeof(KINDS[0]))
#define FIRST_PORT 7001 /* of KINDS[0]; each has a port of its own */

/* Does this kernel have what the kind needs? */
static bool is_possible(const struct kind *kind)
{
	int fd;

	if (kind->connect_by != BY_MPTCP)
		return true;
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool before_accept(const struct kind *kind)
{
	return kind->how == RST_BEFORE_ACCEPT || kind->how == FIN_BEFORE_ACCEPT;
}

#endif
