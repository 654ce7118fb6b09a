/** Property tests draw the same cases in every run, so that a failure is the fault of a change. `FUZZ=1` lets them draw others. */
import fc from 'fast-check';

fc.configureGlobal({ seed: process.env.FUZZ ? Date.now() : 20_261_125 });
