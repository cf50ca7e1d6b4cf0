// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Kernel settings under {@code /proc/sys}. Those under {@code net} are of the calling thread's
 * network namespace.
 *
 * <p>Keys have slashes, {@code net/ipv4/conf/vxlan.calico/rp_filter}: device names may contain
 * dots.
 */
public final class Sysctl {
  private static final Path ROOT = Path.of("/proc/sys");

  private Sysctl() {}

  /** The value without its line end. */
  public static String read(String key) throws IOException {
    return Files.readString(ROOT.resolve(key)).strip();
  }

  public static void write(String key, String value) throws IOException {
    Files.write(
        ROOT.resolve(key), value.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
  }

  /** Whether this kernel has the setting. */
  public static boolean exists(String key) {
    return Files.exists(ROOT.resolve(key));
  }
}
