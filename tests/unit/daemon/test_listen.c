/*
 * test_listen.c - the socket: its mode, what stands in its place, the start race, and systemd.
 *
 * Each test has a folder of its own.  What must not disturb this process is done in a child.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "listen.h"

static char folder[64], path[80];

static int
make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/coolvec-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s", folder);
	return 0;
}

static int
end(void **state)
{
	struct err err;

	(void)state;
	return file_remove_tree(folder, &err);
}

static struct sockaddr_un
address(const char *where)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, where, strlen(where));
	return to;
}

static int
connect_to(const char *where, int flags)
{
	struct sockaddr_un to = address(where);
	int fd = socket(AF_UNIX, SOCK_STREAM | flags, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
open_one(const char *group, struct err *err)
{
	bool passed = true;
	int fd = listen_open(path, group, &passed, err);

	assert_false(passed);
	return fd;
}

static unsigned
mode_of(const char *where)
{
	struct stat st;

	assert_int_equal(lstat(where, &st), 0);
	return st.st_mode & 07777;
}

static void
socket_is_the_owners_alone_whatever_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		mode_t before = umask(masks[i]);
		int fd = open_one(NULL, &err), client;

		umask(before);
		assert_true(fd >= 0);
		assert_int_equal(mode_of(path), 0600);
		client = connect_to(path, 0);
		assert_true(client >= 0);
		assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		close(client);
		close(fd);
	}
}

static void
group_may_connect_when_asked(void **state)
{
	const struct group *g = getgrgid(getgid());
	mode_t before = umask(077);
	struct stat st;
	struct err err;
	int fd;

	(void)state;
	assert_non_null(g);
	fd = open_one(g->gr_name, &err);
	umask(before);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(path), 0660);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_gid, g->gr_gid);
	close(fd);
	assert_int_equal(open_one("no such group", &err), -1);
	assert_non_null(strstr(err.text, "no such group"));
}

static void
stale_socket_is_replaced(void **state)
{
	struct err err;
	int fd = open_one(NULL, &err);

	(void)state;
	assert_true(fd >= 0);
	close(fd);		/* the file stays, nobody answers */
	assert_int_equal(connect_to(path, 0), -1);
	fd = open_one(NULL, &err);
	assert_true(fd >= 0);
	close(connect_to(path, 0));
	close(fd);
}

static void
living_socket_is_left_alone(void **state)
{
	struct err err;
	int fd = open_one(NULL, &err), client;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(open_one(NULL, &err), -1);
	assert_non_null(strstr(err.text, "another daemon serves on"));
	assert_non_null(strstr(err.text, path));
	client = connect_to(path, 0);
	assert_true(client >= 0);
	close(client);
	close(fd);
}

/* A daemon that hangs and whose backlog is full is alive too; nobody waits for it. */
static void
full_backlog_is_not_waited_for(void **state)
{
	struct sockaddr_un to = address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), clients[16], n = 0;
	struct err err;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(fd, 1), 0);
	while (n < 16 && (clients[n] = connect_to(path, SOCK_NONBLOCK)) >= 0)
		n++;
	assert_true(n > 0 && n < 16);
	alarm(20);
	assert_int_equal(open_one(NULL, &err), -1);
	alarm(0);
	assert_non_null(strstr(err.text, "another daemon serves on"));
	while (n > 0)
		close(clients[--n]);
	close(fd);
}

static void
other_files_are_left_alone(void **state)
{
	struct stat st;
	struct err err;
	FILE *f;

	(void)state;
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(open_one(NULL, &err), -1);
	assert_non_null(strstr(err.text, "is no socket"));
	assert_int_equal(lstat(path, &st), 0);
	unlink(path);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(open_one(NULL, &err), -1);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void
path_that_cannot_be_is_refused(void **state)
{
	char long_path[200];
	struct err err;
	bool passed;

	(void)state;
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	memcpy(long_path, "/tmp/", 5);
	assert_int_equal(listen_open(long_path, NULL, &passed, &err), -1);
	assert_non_null(strstr(err.text, "longer than 107 bytes"));
	assert_int_equal(listen_open("/nowhere/at/all/s", NULL, &passed, &err), -1);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

#define RACERS 8

/* A racer: begin when told, say whether it won, hold the socket until told to end. */
static void
race(int begin, int said, int finish)
{
	struct err err;
	char c;
	int fd;

	if (read(begin, &c, 1) != 0)	/* the end of input starts all at once */
		_exit(1);
	fd = open_one(NULL, &err);
	c = fd >= 0 ? 'w' : strstr(err.text, "another daemon") != NULL ? 'l' : '?';
	if (write(said, &c, 1) != 1 || read(finish, &c, 1) != 0)
		_exit(1);
	_exit(0);
}

static void
assert_one_wins(void)
{
	int begin[2], said[2], finish[2], status, wins = 0;
	pid_t pids[RACERS];
	char c;

	assert_int_equal(pipe(begin) | pipe(said) | pipe(finish), 0);
	for (int i = 0; i < RACERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			close(begin[1]);
			close(finish[1]);
			race(begin[0], said[1], finish[0]);
		}
	}
	close(begin[1]);
	for (int i = 0; i < RACERS; i++) {
		assert_int_equal(read(said[0], &c, 1), 1);
		assert_true(c == 'w' || c == 'l');
		wins += c == 'w';
	}
	assert_int_equal(wins, 1);
	close(connect_to(path, 0));	/* the winner's socket is the one that stands there */
	close(finish[1]);
	for (int i = 0; i < RACERS; i++) {
		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
	close(begin[0]);
	close(said[0]);
	close(said[1]);
	close(finish[0]);
}

/* First with nothing there, then each time with the socket that the last winner left. */
static void
exactly_one_of_many_starters_wins(void **state)
{
	(void)state;
	for (int round = 0; round < 25; round++)
		assert_one_wins();
}

/* In a child: descriptor 3 as systemd passes it, to process `pid`. */
static int
passed_as(const char *pid_form, const char *fds)
{
	struct sockaddr_un to = address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), got, rc = 0;
	bool passed = false;
	char pid[32];
	struct err err;

	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0 || listen(fd, 5) != 0 ||
	    dup2(fd, 3) != 3)
		return 100;
	if (fd != 3)
		close(fd);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid() + (pid_form == NULL ? 0 : 1));
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", fds, 1);
	strcat(path, "2");		/* where it would bind itself */
	got = listen_open(path, NULL, &passed, &err);
	rc = passed ? 1 : 2;
	if (passed && (got != 3 || (fcntl(3, F_GETFD) & FD_CLOEXEC) == 0 ||
			  getenv("LISTEN_FDS") != NULL || access(path, F_OK) == 0))
		rc = 101;
	if (!passed && (got < 0 || got == 3 || access(path, F_OK) != 0))
		rc = 102;
	return rc;
}

static int
in_child(const char *pid_form, const char *fds)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(passed_as(pid_form, fds));
	waitpid(pid, &status, 0);
	unlink(path);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
socket_of_systemd_is_taken(void **state)
{
	(void)state;
	assert_int_equal(in_child(NULL, "1"), 1);
	assert_int_equal(in_child(NULL, "2"), 1);
}

static void
socket_that_is_meant_for_others_is_not_taken(void **state)
{
	char second[96];

	(void)state;
	snprintf(second, sizeof(second), "%s2", path);
	assert_int_equal(in_child("another process", "1"), 2);
	unlink(second);
	assert_int_equal(in_child(NULL, "0"), 2);
	unlink(second);
	assert_int_equal(in_child(NULL, "one"), 2);
}

static void
assert_notified(struct sockaddr_un *to, socklen_t len, const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char got[64] = "";

	assert_int_equal(bind(fd, (struct sockaddr *)to, len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	listen_notify("READY=1");
	assert_int_equal(recv(fd, got, sizeof(got) - 1, 0), 7);
	assert_string_equal(got, "READY=1");
	listen_notify("STOPPING=1");
	assert_int_equal(recv(fd, got, sizeof(got) - 1, 0), 10);
	unsetenv("NOTIFY_SOCKET");
	listen_notify("READY=1");	/* nobody asks */
	assert_int_equal(recv(fd, got, sizeof(got) - 1, 0), -1);
	close(fd);
}

static void
systemd_is_told_when_it_asks(void **state)
{
	struct sockaddr_un to = address(path);
	char name[64];

	(void)state;
	assert_notified(&to, sizeof(to), path);
	snprintf(name, sizeof(name), "@coolvec-test-%ld", (long)getpid());
	to = address(name);
	to.sun_path[0] = '\0';
	assert_notified(
	    &to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)), name);
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	listen_notify("READY=1");	/* no harm */
	setenv("NOTIFY_SOCKET", "relative", 1);
	listen_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(socket_is_the_owners_alone_whatever_the_umask),
		TEST(group_may_connect_when_asked),
		TEST(stale_socket_is_replaced),
		TEST(living_socket_is_left_alone),
		TEST(full_backlog_is_not_waited_for),
		TEST(other_files_are_left_alone),
		TEST(path_that_cannot_be_is_refused),
		TEST(exactly_one_of_many_starters_wins),
		TEST(socket_of_systemd_is_taken),
		TEST(socket_that_is_meant_for_others_is_not_taken),
		TEST(systemd_is_told_when_it_asks),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
