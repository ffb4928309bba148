/*
 * completion.h - the scripts of the two shells that show a description beside each word.
 */

#ifndef COOLVEC_COMPLETION_H
#define COOLVEC_COMPLETION_H

/* Print the script on standard output. */
void completion_zsh(void);
void completion_fish(void);

#endif
