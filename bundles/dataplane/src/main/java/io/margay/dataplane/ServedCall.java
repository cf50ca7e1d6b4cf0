// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Cause;
import java.util.Optional;
import org.slf4j.MDC;

/** The call of a container runtime that this thread serves; the CNI server says so in the MDC. */
final class ServedCall {
  private static final String VERB = "cni";
  private static final String POD = "pod";

  private ServedCall() {}

  /** The call, or else why we do it all the same. */
  static Cause cause(String otherwise) {
    String verb = MDC.get(VERB);
    return verb == null
        ? new Cause(otherwise)
        : new Cause(Cause.Kind.CNI, "CNI " + verb, Optional.ofNullable(MDC.get(POD)));
  }
}
