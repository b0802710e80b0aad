// SPDX-License-Identifier: GPL-2.0-or-later
// Compiled with: -static
/* Execs as fast as it can: `exec-storm PROCESSES EXECS`. Prints how many programs began, as their
 * parents counted them. Without arguments it is such a program, and ends at once. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	int processes = argc > 1 ? atoi(argv[1]) : 0, execs = argc > 2 ? atoi(argv[2]) : 0;
	char *arguments[] = {"exec-storm", NULL}, *environment[] = {NULL};
	char self[4096] = "";
	int counts[2];
	long sum = 0, count;

	if (argc == 1)
		return 0;
	if (pipe2(counts, 0) || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	for (int i = 0; i < processes; i++) {
		if (fork())
			continue;
		count = 0;
		for (int n = i; n < execs; n += processes) {
			pid_t pid;

			if (posix_spawn(&pid, self, NULL, NULL, arguments, environment))
				continue;
			waitpid(pid, NULL, 0);
			count++;
		}
		return write(counts[1], &count, sizeof(count)) != sizeof(count);
	}
	close(counts[1]);
	while (read(counts[0], &count, sizeof(count)) == sizeof(count))
		sum += count;
	while (wait(NULL) > 0)
		;
	printf("%ld\n", sum);
	return 0;
}
