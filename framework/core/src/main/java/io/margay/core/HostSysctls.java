// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.core.plan.Underlay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settings of this node's links. Documentation/networking/ip-sysctl of the kernel.
 *
 * @param managesRpFilter whether {@code rp_filter} is ours to change
 */
record HostSysctls(boolean managesRpFilter) implements Underlay.LinkSettings {
  private static final Logger LOG = LoggerFactory.getLogger(HostSysctls.class);

  /** 1 accepts unless the node forwards. */
  @Override
  public boolean acceptsRouters(String link) {
    return read("ipv6/conf/" + link + "/accept_ra").orElse(0) == 1;
  }

  @Override
  public OptionalInt rpFilter(String link) {
    return managesRpFilter ? read("ipv4/conf/" + link + "/rp_filter") : OptionalInt.empty();
  }

  private static OptionalInt read(String path) {
    try {
      String value = Files.readString(Path.of("/proc/sys/net", path)).strip();
      return OptionalInt.of(Integer.parseInt(value));
    } catch (IOException e) {
      LOG.debug("The link does not have the family, or it went path={}", path, e);
      return OptionalInt.empty();
    }
  }
}
