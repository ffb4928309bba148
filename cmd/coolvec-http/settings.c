/*
 * settings.c - the table of settings.
 */

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "num.h"
#include "settings.h"

struct setting {
	const char *name;
	size_t at;
	const char *fallback;	/* NULL: none; "cores": as many as there are, 4 at most */
	uint64_t least, most;	/* of a number; 0, 0: a string */
	const char *help;
};

#define AT(field) offsetof(struct http_settings, field)

static const struct setting table[] = {
	{ "HTTP_LISTEN", AT(listen), "127.0.0.1:8000", 0, 0,
	    "where to serve; what is not the loopback needs --listen" },
	{ "HTTP_ALLOW_HOSTS", AT(allow_hosts), NULL, 0, 0,
	    "names that a request's Host may have beside localhost" },
	{ "HTTP_THREADS", AT(threads), "cores", 1, 64, "threads that serve" },
	{ "HTTP_MAX_CONNECTIONS", AT(connections), "1024", 1, 65536,
	    "connections at once; more wait" },
	{ "HTTP_TIMEOUT_SECONDS", AT(timeout), "30", 1, 3600,
	    "silence that ends a connection; a request must be whole in four times that" },
	{ "COOLVEC_SANDBOX", AT(sandbox), "auto", 0, 0,
	    "auto: as far as the kernel has it; require; no" },
	{ "COOLVEC_LOG_LEVEL", AT(log_level), "info", 0, 0, "error, warn, info or debug" },
};

#define NSETTINGS (sizeof(table) / sizeof(table[0]))

static uint64_t
cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 4 ? 4 : (uint64_t)n;
}

int
http_settings_load(struct http_settings *s, const struct env *e, struct err *err)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < NSETTINGS; i++) {
		const struct setting *row = &table[i];
		const char *value = env_get(e, row->name);
		void *at = (char *)s + row->at;

		if (value == NULL)
			value = row->fallback;
		if (row->most == 0)
			*(const char **)at = value;
		else if (strcmp(value, "cores") == 0)
			*(uint64_t *)at = cores();
		else if (!num_parse(value, row->least, row->most, at))
			return err_set(err, -1, "%s is not a number from %llu to %llu", row->name,
			    (unsigned long long)row->least, (unsigned long long)row->most);
	}
	return 0;
}

void
http_settings_help(FILE *f)
{
	for (size_t i = 0; i < NSETTINGS; i++)
		fprintf(f, "  %-22s %s (%s)\n", table[i].name, table[i].help,
		    table[i].fallback != NULL ? table[i].fallback : "unset");
	fprintf(f, "  %-22s %s\n", "COOLVEC_SOCKET",
	    "the daemon's socket; see coolvecd(8) for the default");
}
