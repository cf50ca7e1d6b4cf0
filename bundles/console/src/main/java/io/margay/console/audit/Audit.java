// SPDX-License-Identifier: Apache-2.0
package io.margay.console.audit;

import io.margay.api.console.Caller;

/** Where it is kept who changed what. Any thread may call. */
public interface Audit {
  /** Forgets everything: for tests, and where nothing can be changed. */
  Audit NONE =
      new Audit() {
        @Override
        public Call begin(Caller caller, String line) {
          return status -> {};
        }

        @Override
        public void refused(Caller caller, String line) {}
      };

  /** A change that runs. */
  interface Call {
    /** It has come to its end, with this exit status. */
    void end(int status);
  }

  /**
   * A changing command is about to run. What is written is there when this returns, so that a crash
   * leaves the trace of what was going on.
   *
   * @param line the command with its words, secrets masked
   */
  Call begin(Caller caller, String line);

  /** A changing command was asked for by someone who may not run it. */
  void refused(Caller caller, String line);
}
