/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways to connect and to accept. */
#ifndef CALLS_H
#define CALLS_H

#include <fcntl.h>
#include <pthread.h>
#include "kinds.h"
#include "uring.h"

static int uring_once(int opcode, int fd, const union address *to, bool async)
{
	struct uring ring;
	int result;

	if (!uring_open(&ring))
		die("io_uring_setup");
	result = uring_call(&ring, opcode, fd, to, async ? IOSQE_ASYNC : 0);
	close(ring.fd);
	return result;
}

struct job {
	const struct kind *kind;
	const union address *to;
	int fd, result;
};

static void *work(void *argument)
{
	struct job *job = argument;

	if (job->to)
		job->result = connect(job->fd, &job->to->any, size_of(job->to));
	else
		job->result = accept(job->fd, NULL, NULL);
	return NULL;
}

/* In a thread of its own; the name stays, as threads inherit it. */
static int in_thread(struct job job)
{
	pthread_t thread;

	pthread_create(&thread, NULL, work, &job);
	pthread_join(thread, NULL);
	return job.result;
}

static void do_connect(const struct kind *kind, int fd, const union address *to)
{
	int result = 0;

	switch (kind->connect_by) {
	case BY_URING:
	case BY_URING_ASYNC:
		result = uring_once(IORING_OP_CONNECT, fd, to, kind->connect_by == BY_URING_ASYNC);
		break;
	case BY_THREAD:
		result = in_thread((struct job){kind, to, fd, 0});
		break;
	case BY_NONBLOCKING:
		connect(fd, &to->any, size_of(to));
		while (connect(fd, &to->any, size_of(to)) && errno == EALREADY)
			;
		fcntl(fd, F_SETFL, 0); /* the rest waits */
		break;
	case BY_FASTOPEN:
		result = sendto(fd, "", 0, MSG_FASTOPEN, &to->any, size_of(to));
		break;
	default:
		result = connect(fd, &to->any, size_of(to));
	}
	if (result < 0)
		die(kind->name);
}

static int do_accept(const struct kind *kind, int listening, union address *peer)
{
	socklen_t size = sizeof(*peer);
	int fd;

	switch (kind->accept_by) {
	case BY_URING:
	case BY_URING_ASYNC:
		fd = uring_once(IORING_OP_ACCEPT, listening, NULL,
				kind->accept_by == BY_URING_ASYNC);
		break;
	case BY_ACCEPT4:
		fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		break;
	case BY_THREAD:
		fd = in_thread((struct job){kind, NULL, listening, 0});
		break;
	default:
		fd = accept(listening, &peer->any, &size);
	}
	if (fd < 0)
		die(kind->name);
	return fd;
}

#endif
