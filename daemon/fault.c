/*
 * fault.c - the handler of SIGBUS.
 */

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "embed.h"
#include "fault.h"
#include "vec.h"

/* Returning from it touches the page again: it is zeros then, or the signal does what it always did. */
static void
on_bus(int sig, siginfo_t *info, void *context)
{
	int no = errno;

	(void)context;
	if ((info->si_code != BUS_ADRERR && info->si_code != BUS_MCEERR_AR) ||
	    (!vec_fault(info->si_addr) && !embed_fault(info->si_addr))) {
		signal(sig, SIG_DFL);
		if (info->si_code <= 0)		/* sent by somebody: it does not come again by itself */
			raise(sig);
	}
	errno = no;
}

void
fault_guard(void)
{
	struct sigaction sa = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGBUS, &sa, NULL);
}
