/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts whose call, or process, is interrupted. */
#ifndef INTERRUPTED_H
#define INTERRUPTED_H

#include <sys/time.h>
#include <sys/wait.h>
#include "plain.h"

static void on_signal(int signal)
{
	(void)signal;
}

static void interrupt_soon(int flags)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
	struct itimerval soon = {.it_value.tv_usec = 50000};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

static void interrupted(bool restart)
{
	union address to = address("10.77.9.1", 80);
	int fd = tcp(AF_INET, 0), error;
	long ret;

	interrupt_soon(restart ? SA_RESTART : 0);
	ret = do_connect(fd, &to);
	error = restart ? -ret : outcome_of(fd);
	told(restart ? "restarted" : "interrupted", fd, &to, ret, name_of(error));
	close(fd);
}

/* A child blocks in connect(); we know its port because it was bound. */
static pid_t blocked_child(union address *from, const union address *to, const char *kind)
{
	int ready[2], fd = tcp(AF_INET, 0);
	pid_t child;
	char byte;

	*from = address("10.77.0.1", 0);
	if (bind(fd, &from->any, sizeof(from->v4)) || pipe(ready))
		die("bind");
	*from = own_name(fd);
	child = fork();
	if (!child) {
		long ret;

		if (write(ready[1], "r", 1) != 1)
			die("ready");
		ret = do_connect(fd, to);
		told(kind, fd, to, ret, name_of(-ret));
		_exit(0);
	}
	close(fd);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("child");
	close(ready[0]);
	return child;
}

/* Is there an attempt from this port, by the kernel's own table? */
static bool is_connecting(int port)
{
	FILE *table = fopen("/proc/net/tcp", "r");
	char line[256], wanted[16];
	bool found = false;

	snprintf(wanted, sizeof(wanted), ":%04X ", port);
	while (!found && fgets(line, sizeof(line), table))
		found = strstr(line, wanted) && strstr(line, " 02 "); /* TCP_SYN_SENT */
	fclose(table);
	return found;
}

static void wait_while_connecting(int port, bool connecting)
{
	while (is_connecting(port) == connecting)
		usleep(1000);
}

static void killed(void)
{
	union address to = address("10.77.9.1", 80);
	struct truth t = {.kind = "killed", .to = to, .ret = NO_RET, .error = "aborted"};

	t.pid = t.tid = blocked_child(&t.from, &to, "killed");
	wait_while_connecting(port_of(&t.from), false);
	kill(t.pid, SIGKILL);
	waitpid(t.pid, NULL, 0);
	tell(&t);
}

/* Stopped while it waits. Beyond the timeout: the outcome comes while the process sleeps. */
static void stopped(bool beyond)
{
	union address to = address("10.77.9.1", 80), from;
	pid_t child = blocked_child(&from, &to, beyond ? "stopped-beyond" : "stopped");

	wait_while_connecting(port_of(&from), false);
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	if (beyond)
		wait_while_connecting(port_of(&from), true);
	kill(child, SIGCONT);
	waitpid(child, NULL, 0);
}

#endif
