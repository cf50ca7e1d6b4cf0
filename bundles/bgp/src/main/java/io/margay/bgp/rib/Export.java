// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.EncodedAttributes;

/** Attributes as an update group gets them, and the prefixes that are to be told with them next. */
final class Export {
  final UpdateGroup group;
  final IpFamily family;
  final EncodedAttributes encoded;
  final boolean isLocal;
  final boolean isPassedOn;
  final int originator;

  /** First of a list of prefixes that goes on in the group's links; NONE when it is empty. */
  int pending = RouteTable.NONE;

  /** Who told those prefixes. */
  int pendingSource;

  Export(
      UpdateGroup group,
      IpFamily family,
      EncodedAttributes encoded,
      boolean isLocal,
      boolean isPassedOn,
      int originator) {
    this.group = group;
    this.family = family;
    this.encoded = encoded;
    this.isLocal = isLocal;
    this.isPassedOn = isPassedOn;
    this.originator = originator;
  }

  /** The same for other prefixes. */
  Export copy() {
    return new Export(group, family, encoded, isLocal, isPassedOn, originator);
  }

  boolean isFor(UpdateGroup wanted, IpFamily of, boolean local, boolean passedOn, int reflected) {
    return group == wanted
        && family == of
        && isLocal == local
        && isPassedOn == passedOn
        && originator == reflected;
  }
}
