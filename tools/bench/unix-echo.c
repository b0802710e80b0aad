// SPDX-License-Identifier: GPL-2.0-or-later
/* Round trips through a unix socket, for benchmarks: `unix-echo PATH SIZE COUNT` sends COUNT
 * messages of SIZE bytes, each after the answer to the last, and prints nanoseconds per round trip.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void transfer(ssize_t (*call)(int, void *, size_t), int fd, char *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t now = call(fd, bytes + done, size - done);

		if (now <= 0)
			exit(0);
		done += now;
	}
}

static ssize_t put(int fd, void *bytes, size_t size)
{
	return write(fd, bytes, size);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timespec begin, end;
	int listener, client, server;
	size_t size;
	long count;
	char *bytes;

	if (argc != 4)
		errx(2, "usage: unix-echo PATH SIZE COUNT");
	size = strtoul(argv[2], NULL, 10);
	count = strtol(argv[3], NULL, 10);
	bytes = calloc(1, size);
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	unlink(argv[1]);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1))
		err(1, "%s", argv[1]);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(client, (struct sockaddr *)&address, sizeof(address)))
		err(1, "connect");
	server = accept(listener, NULL, NULL);
	if (fork() == 0) {
		close(client);
		for (;;) {
			transfer(read, server, bytes, size);
			transfer(put, server, bytes, size);
		}
	}
	close(server);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (long i = 0; i < count; i++) {
		transfer(put, client, bytes, size);
		transfer(read, client, bytes, size);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.1f\n",
	       ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / count);
	close(client);
	wait(NULL);
	unlink(argv[1]);
	return 0;
}
