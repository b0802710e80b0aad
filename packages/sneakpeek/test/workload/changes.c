// SPDX-License-Identifier: GPL-2.0-or-later
// changes COUNT DIRECTORY: makes, writes, renames, re-modes and removes COUNT files, five
// operations each, and prints how many it did.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[1]) : 0, done = 0;

	if (argc < 3 || chdir(argv[2])) {
		perror("changes");
		return 1;
	}
	for (int i = 0; i < count; i++) {
		char name[32], other[32];
		int fd;

		snprintf(name, sizeof(name), "f%d", i);
		snprintf(other, sizeof(other), "g%d", i);
		fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
		done += fd >= 0;
		done += write(fd, name, 3) == 3;
		close(fd);
		done += rename(name, other) == 0;
		done += chmod(other, 0640) == 0;
		done += unlink(other) == 0;
	}
	printf("%d\n", done);
	return 0;
}
