// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.core.plan.Underlay;
import java.util.OptionalInt;

/** Links that take routes from routers, and whose source filters are not ours. */
final class TestLinkSettings implements Underlay.LinkSettings {
  @Override
  public boolean acceptsRouters(String link) {
    return true;
  }

  @Override
  public OptionalInt rpFilter(String link) {
    return OptionalInt.empty();
  }
}
