// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.KernelObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an owner declares, parted by what it may have.
 *
 * @param refusals why not, by object
 */
record Confined(DesiredState allowed, Map<KernelObject, String> refusals) {
  static Confined of(DesiredState wanted, Optional<Grant> grant) {
    if (grant.isEmpty()) {
      return new Confined(wanted, Map.of());
    }
    List<KernelObject> allowed = new ArrayList<>();
    Map<KernelObject, String> refusals = new LinkedHashMap<>();
    for (KernelObject object : wanted.objects()) {
      grant
          .get()
          .refusal(object)
          .ifPresentOrElse(why -> refusals.put(object, why), () -> allowed.add(object));
    }
    return refusals.isEmpty()
        ? new Confined(wanted, Map.of())
        : new Confined(DesiredState.of(allowed), refusals);
  }
}
