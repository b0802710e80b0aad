// SPDX-License-Identifier: GPL-2.0-or-later
/* Sends data through connections to a unix socket, both ways at once, and says what went through.
 *
 *   streams PATH CONNECTIONS BYTES WRITER READER [MODE]
 *
 * PATH may be an abstract name, @NAME. Each end writes BYTES in pieces of 1 byte to 2 MiB by the
 * calls named WRITER, and reads by those named READER; `mixed` takes another one each time. MODE
 * `late` waits for a line on stdin in the middle, with all connections open and all read that was
 * written. Contents follow from connection and direction alone, so whoever sees a stream can check
 * it by itself: stream 2 i is what client i sends, 2 i + 1 what it gets. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <fcntl.h>
#include "uring.h"

#define MOST (2u << 20)

static const char *const writers[] = {"write",	  "writev",   "sendto",	  "sendmsg",
				      "sendmmsg", "pwritev2", "dontwait", NULL};
static const char *const readers[] = {"read",	 "readv", "recv",    "recvmsg", "recvmmsg",
				      "preadv2", "peek",  "waitall", NULL};

static const char *writer, *reader;
static uint64_t total;
static bool late;
static pthread_barrier_t middle;
static sem_t half_read;

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Byte `at` of a stream: from a mixed counter, so that any place can be computed. */
static uint8_t content(uint32_t stream, uint32_t at)
{
	uint32_t x = (stream + 1) * 0x9e3779b1u + at * 0x85ebca6bu;

	x ^= x >> 15;
	x *= 0x2c1b3c6du;
	return x >> 24;
}

static const char *one_of(const char *const *names, const char *wanted, uint64_t *state)
{
	int count = 0;

	if (strcmp(wanted, "mixed"))
		return wanted;
	while (names[count])
		count++;
	return names[next_random(state) % count];
}

/* Usually small, sometimes large. */
static size_t size_of_piece(uint64_t *state, uint64_t left)
{
	uint64_t size = 1 + (next_random(state) >> 8) % (1u << (next_random(state) >> 8) % 22);

	if (next_random(state) % 64 == 0)
		size = MOST;
	return size < left ? size : left;
}

static int cut_up(struct iovec *parts, uint8_t *buffer, size_t size, uint64_t *state)
{
	int count = 0;

	while (size && count < 7) {
		size_t length = next_random(state) % 4 == 0 ? 0 : 1 + next_random(state) % size;

		parts[count++] = (struct iovec){buffer, length};
		buffer += length;
		size -= length;
	}
	parts[count++] = (struct iovec){buffer, size};
	return count;
}

static ssize_t put(int fd, const char *how, uint8_t *buffer, size_t size, uint64_t *state)
{
	struct iovec parts[8];
	int count = cut_up(parts, buffer, size, state);
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

	if (!strcmp(how, "writev"))
		return writev(fd, parts, count);
	if (!strcmp(how, "pwritev2"))
		return pwritev2(fd, parts, count, -1, 0);
	if (!strcmp(how, "sendto"))
		return send(fd, buffer, size, 0);
	if (!strcmp(how, "dontwait"))
		return send(fd, buffer, size, MSG_DONTWAIT);
	if (!strcmp(how, "sendmsg"))
		return sendmsg(fd, &message, 0);
	if (!strcmp(how, "sendmmsg")) {
		struct mmsghdr messages[2] = {
		    {.msg_hdr = {.msg_iov = parts, .msg_iovlen = 1}},
		    {.msg_hdr = {.msg_iov = parts + 1, .msg_iovlen = count - 1}}};
		ssize_t sent = 0;
		int done = sendmmsg(fd, messages, 2, 0);

		for (int i = 0; i < done; i++)
			sent += messages[i].msg_len;
		return done < 0 ? -1 : sent;
	}
	return write(fd, buffer, size);
}

static ssize_t get(int fd, const char *how, uint8_t *buffer, size_t size, uint64_t *state)
{
	struct iovec parts[8];
	int count = cut_up(parts, buffer, size, state);
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

	if (!strcmp(how, "readv"))
		return readv(fd, parts, count);
	if (!strcmp(how, "preadv2"))
		return preadv2(fd, parts, count, -1, 0);
	if (!strcmp(how, "recv"))
		return recv(fd, buffer, size, 0);
	if (!strcmp(how, "recvmsg"))
		return recvmsg(fd, &message, 0);
	if (!strcmp(how, "waitall"))
		return recv(fd, buffer, size, MSG_WAITALL);
	if (!strcmp(how, "peek")) {
		recv(fd, buffer, size, MSG_PEEK);
		return recv(fd, buffer, size, 0);
	}
	if (!strcmp(how, "recvmmsg")) {
		struct mmsghdr messages[3] = {};
		struct iovec thirds[3];
		ssize_t received = 0;
		int done;

		for (int i = 0; i < 3; i++) {
			thirds[i] = (struct iovec){buffer + i * (size / 3), size / 3};
			messages[i].msg_hdr =
			    (struct msghdr){.msg_iov = thirds + i, .msg_iovlen = 1};
		}
		if (size < 3)
			return read(fd, buffer, size);
		done = recvmmsg(fd, messages, 3, MSG_WAITFORONE, NULL);
		for (int i = 0; i < done; i++) {
			memmove(buffer + received, thirds[i].iov_base, messages[i].msg_len);
			received += messages[i].msg_len;
		}
		return done < 0 ? -1 : received;
	}
	return read(fd, buffer, size);
}

/* Every other time by splice(2), whose bytes no tracer can see. */
static ssize_t get_by_splice(int fd, uint8_t *buffer, size_t size, int pipes[2])
{
	static __thread bool spliced;
	ssize_t moved, done = 0;

	spliced = !spliced;
	if (!spliced)
		return read(fd, buffer, size < 5000 ? size : 5000);
	moved = splice(fd, NULL, pipes[1], NULL, size < 5000 ? size : 5000, 0);
	while (done < moved) {
		ssize_t now = read(pipes[0], buffer + done, moved - done);

		if (now <= 0)
			err(1, "pipe");
		done += now;
	}
	return moved;
}

struct job {
	int fd;
	uint64_t stream;
};

static void wait_for(int fd, short what)
{
	poll(&(struct pollfd){.fd = fd, .events = what}, 1, -1);
}

static void *write_all(void *argument)
{
	struct job *job = argument;
	uint64_t state = 88172645463325252u + job->stream, at = 0;
	uint8_t *buffer = malloc(MOST);
	bool waited = !late;

	while (at < total) {
		size_t size = size_of_piece(&state, (waited ? total : total / 2) - at);
		ssize_t sent;

		for (size_t i = 0; i < size; i++)
			buffer[i] = content(job->stream, at + i);
		sent = put(job->fd, one_of(writers, writer, &state), buffer, size, &state);
		if (sent < 0 && errno != EAGAIN)
			err(1, "write");
		if (sent < 0)
			wait_for(job->fd, POLLOUT);
		else
			at += sent;
		if (!waited && at == total / 2) {
			pthread_barrier_wait(&middle);
			pthread_barrier_wait(&middle);
			waited = true;
		}
	}
	if (shutdown(job->fd, SHUT_WR))
		err(1, "shutdown");
	free(buffer);
	return NULL;
}

static void *read_all(void *argument)
{
	struct job *job = argument;
	uint64_t state = 88172645463325252u + ~job->stream, at = 0;
	uint8_t *buffer = malloc(MOST);
	ssize_t received;
	struct uring ring = {0};
	int pipes[2];

	if (pipe(pipes))
		err(1, "pipe");
	if (!strcmp(reader, "uring"))
		uring_open(&ring);
	do {
		/* A call that waits for all it can take must end in the middle, too. */
		uint64_t most = late && at < total / 2 ? total / 2 - at : MOST;
		size_t size = size_of_piece(&state, most < MOST ? most : MOST);

		if (!strcmp(reader, "splice"))
			received = get_by_splice(job->fd, buffer, size, pipes);
		else if (!strcmp(reader, "uring"))
			received = get_by_uring(&ring, job->fd, buffer, size);
		else
			received =
			    get(job->fd, one_of(readers, reader, &state), buffer, size, &state);
		if (received < 0)
			err(1, "read");
		for (ssize_t i = 0; i < received; i++, at++)
			if (buffer[i] != content(job->stream, at))
				errx(1, "stream %lu differs at %lu", job->stream, at);
		if (late && received > 0 && at == total / 2)
			sem_post(&half_read);
	} while (received > 0);
	if (at != total)
		errx(1, "stream %lu ends at %lu", job->stream, at);
	free(buffer);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int count = argc > 2 ? atoi(argv[2]) : 0, listener, *clients, *servers;
	socklen_t size = sizeof(address);
	struct job *jobs;
	pthread_t *threads;

	if (argc < 6 || count < 1)
		errx(2, "usage: streams PATH CONNECTIONS BYTES WRITER READER [late]");
	total = strtoull(argv[3], NULL, 10);
	writer = argv[4];
	reader = argv[5];
	late = argc > 6;
	signal(SIGPIPE, SIG_IGN);
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	if (argv[1][0] == '@') {
		address.sun_path[0] = 0;
		size = offsetof(struct sockaddr_un, sun_path) + strlen(argv[1]);
	}
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	unlink(argv[1]);
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, count))
		err(1, "%s", argv[1]);
	/* Whoever traces by `auto` or before the first connection begins now. */
	puts("listening");
	fflush(stdout);
	if (late)
		pthread_barrier_init(&middle, NULL, 2 * count + 1);
	else
		getchar();
	clients = calloc(count, sizeof(int));
	servers = calloc(count, sizeof(int));
	threads = calloc(4 * count, sizeof(*threads));
	jobs = calloc(4 * count, sizeof(*jobs));
	for (int i = 0; i < count; i++) {
		clients[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(clients[i], (struct sockaddr *)&address, size))
			err(1, "connect");
		servers[i] = accept(listener, NULL, NULL);
	}
	for (int i = 0; i < count; i++) {
		jobs[4 * i] = (struct job){clients[i], 2 * i};
		jobs[4 * i + 1] = (struct job){servers[i], 2 * i};
		jobs[4 * i + 2] = (struct job){servers[i], 2 * i + 1};
		jobs[4 * i + 3] = (struct job){clients[i], 2 * i + 1};
		for (int j = 0; j < 4; j += strcmp(reader, "none") ? 1 : 2)
			pthread_create(&threads[4 * i + j], NULL, j % 2 ? read_all : write_all,
				       &jobs[4 * i + j]);
	}
	if (late) {
		pthread_barrier_wait(&middle);
		for (int i = 0; i < 2 * count; i++)
			sem_wait(&half_read);
		puts("middle");
		fflush(stdout);
		getchar();
		pthread_barrier_wait(&middle);
	}
	for (int i = 0; i < 4 * count; i++)
		if (threads[i])
			pthread_join(threads[i], NULL);
	for (int i = 0; i < count; i++) {
		close(clients[i]);
		if (strcmp(reader, "none"))
			(void)!read(servers[i], &address, 1);
		close(servers[i]);
	}
	return 0;
}
