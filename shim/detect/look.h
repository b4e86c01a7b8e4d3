#ifndef SP_DETECT_LOOK_H
#define SP_DETECT_LOOK_H

/* What a look at a place tells, of a text that goes on. */
enum look {
    LOOK_NO,
    LOOK_YES,
    LOOK_OPEN, /* what follows will tell */
};

#endif
