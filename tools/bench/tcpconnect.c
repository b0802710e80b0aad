/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a connect, and a system call that has nothing to do with it, cost the process that makes
 * them: nanoseconds of its own processor time each, the kernel's part included.
 *
 *   tcpconnect connects N    connect, accept and close over loopback, in a network of its own
 *   tcpconnect syscalls N    getppid() */
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double used_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void connect_once(int listener, const struct sockaddr_in *to)
{
	struct linger reset = {.l_onoff = 1}; /* no TIME_WAIT, so that ports do not run out */
	int fd = socket(AF_INET, SOCK_STREAM, 0), accepted;

	if (connect(fd, (const void *)to, sizeof(*to)))
		die("connect");
	accepted = accept(listener, NULL, NULL);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	close(accepted);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	socklen_t size = sizeof(to);
	long count = argc == 3 ? atol(argv[2]) : 0;
	int listener;
	double begun;

	if (count < 1) {
		fprintf(stderr, "usage: tcpconnect connects|syscalls N\n");
		return 2;
	}
	if (!strcmp(argv[1], "syscalls")) {
		begun = used_ns();
		for (long i = 0; i < count; i++)
			syscall(SYS_getppid);
	} else {
		if (unshare(CLONE_NEWNET) || system("ip link set lo up"))
			die("unshare");
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		listener = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(listener, (void *)&to, size) || listen(listener, 8) ||
		    getsockname(listener, (void *)&to, &size))
			die("listen");
		begun = used_ns();
		for (long i = 0; i < count; i++)
			connect_once(listener, &to);
	}
	printf("%.1f\n", (used_ns() - begun) / count);
	return 0;
}
