/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts by io_uring, TCP Fast Open and MPTCP. */
#ifndef OTHERS_H
#define OTHERS_H

#include "plain.h"
#include "uring.h"

#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif

static void uring(const char *kind, int family, const char *text, int port, int sqe_flags)
{
	static struct uring ring;
	static pid_t owner;
	union address to = address(text, port);
	int fd = tcp(family, 0), ret;

	if (owner != getpid() && !uring_open(&ring)) {
		close(fd);
		return; /* not in this kernel, or forbidden */
	}
	owner = getpid();
	ret = uring_call(&ring, IORING_OP_CONNECT, fd, &to, sqe_flags);
	if (ret == -ENETUNREACH || ret == -EINVAL)
		told_early(kind, fd, &to, -ret);
	else
		told(kind, fd, &to, ret, name_of(-ret));
	close(fd);
}

static void fastopen_send(const char *kind, const char *text, int port, int flags, bool message)
{
	union address to = address(text, port);
	int fd = tcp(AF_INET, flags), error;
	struct iovec data = {.iov_base = "hello", .iov_len = 5};
	struct msghdr header = {
	    .msg_name = &to, .msg_namelen = sizeof(to.v4), .msg_iov = &data, .msg_iovlen = 1};
	long ret;

	ret = message ? sendmsg(fd, &header, MSG_FASTOPEN)
		      : sendto(fd, "hello", 5, MSG_FASTOPEN, &to.any, sizeof(to.v4));
	if (ret < 0)
		ret = -errno;
	if (ret == -ENETUNREACH) {
		told_early(kind, fd, &to, -ret);
	} else {
		error = ret == -EINPROGRESS || ret >= 0 ? outcome_of(fd) : -ret;
		told(kind, fd, &to, ret, name_of(error));
	}
	close(fd);
}

/* With a cookie from an earlier connection the SYN waits for the first write. */
static void fastopen_connect(const char *kind, bool write_something)
{
	union address to = address(PEER4, PORT_FASTOPEN);
	int one = 1, fd = tcp(AF_INET, 0);
	long ret;

	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one));
	ret = do_connect(fd, &to);
	if (write_something && write(fd, "hello", 5) != 5)
		die("write");
	told(kind, fd, &to, ret, write_something ? NULL : "aborted");
	close(fd);
}

static void mptcp(const char *kind, const char *text, int port, int flags)
{
	union address to = address(text, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, IPPROTO_MPTCP), error;
	long ret;

	if (fd < 0)
		return; /* not in this kernel */
	ret = do_connect(fd, &to);
	error = ret == -EINPROGRESS ? outcome_of(fd) : -ret;
	if (error == ENETUNREACH)
		told_early(kind, fd, &to, error);
	else
		told(kind, fd, &to, ret, name_of(error));
	if (!error) { /* data lets the further subflows join */
		send(fd, "hello", 5, 0);
		usleep(20000);
	}
	close(fd);
}

#endif
