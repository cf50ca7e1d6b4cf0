// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Offload;
import io.margay.api.dataplane.RateLimit;
import io.margay.api.dataplane.Sysctl;
import io.margay.dataplane.Kernel.Found;
import io.margay.dataplane.Kernel.Refusal;
import io.margay.dataplane.Kernel.Write;
import io.margay.netlink.Ethtool;
import io.margay.netlink.NetlinkException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Settings under {@code /proc/sys/net} and of links, of the calling thread's namespace. */
final class Sysctls {
  private Sysctls() {}

  /** Reads the settings of these keys; one that does not exist, or cannot be read, is left out. */
  static void read(Collection<Object> keys, Consumer<Found> sink) {
    for (Object key : List.copyOf(keys)) {
      if (key instanceof Sysctl.Key sysctl) {
        try {
          String value = io.margay.netlink.Sysctl.read(sysctl.path());
          sink.accept(new Found(Sysctl.of(sysctl.path(), value), false));
        } catch (IOException e) {
          continue; // Its link is gone; writing it will say so.
        }
      } else if (key instanceof Offload.Key offload) {
        try {
          boolean on = Ethtool.txChecksum(offload.link());
          sink.accept(new Found(Offload.of(offload.link(), offload.feature(), on), false));
        } catch (NetlinkException e) {
          continue; // As above.
        }
      }
    }
  }

  static Map<Integer, Refusal> write(List<Write> writes, RateLimits limits) {
    Map<Integer, Refusal> refusals = new HashMap<>();
    for (int i = 0; i < writes.size(); i++) {
      if (writes.get(i).object() instanceof Offload offload) {
        int index = i;
        write(offload).ifPresent(refusal -> refusals.put(index, refusal));
        continue;
      }
      if (writes.get(i).object() instanceof RateLimit limit) {
        int index = i;
        limits.write(limit).ifPresent(refusal -> refusals.put(index, refusal));
        continue;
      }
      Sysctl sysctl = (Sysctl) writes.get(i).object();
      try {
        io.margay.netlink.Sysctl.write(sysctl.path(), sysctl.value());
      } catch (IOException e) {
        String errno = errno(e);
        refusals.put(i, new Refusal(errno, sysctl + ": " + errno));
      }
    }
    return refusals;
  }

  private static Optional<Refusal> write(Offload offload) {
    try {
      Ethtool.setTxChecksum(offload.link(), offload.on());
      return Optional.empty();
    } catch (NetlinkException e) {
      return Optional.of(new Refusal(e.errno(), offload + ": " + e.getMessage()));
    }
  }

  /** Java gives the C library's text instead of the number. */
  private static String errno(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "ENOENT";
    }
    if (e instanceof AccessDeniedException) {
      return "EPERM";
    }
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return "Read-only file system".equals(reason) ? "EROFS" : "EINVAL";
  }
}
