// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.charset.StandardCharsets;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/**
 * Settings of network devices of the calling thread's namespace, by ioctl; linux/ethtool.h, struct
 * ethtool_value in struct ifreq.
 */
public final class Ethtool {
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
  private static final long SIOCETHTOOL = 0x8946;
  private static final int ETHTOOL_GTXCSUM = 0x16;
  private static final int ETHTOOL_STXCSUM = 0x17;
  private static final int NAME_BYTES = 16;
  private static final int IFREQ_BYTES = 40;

  private Ethtool() {}

  /** Whether a device computes the checksums of what it sends; {@code ethtool -k}. */
  public static boolean txChecksum(String device) throws NetlinkException {
    return call(device, ETHTOOL_GTXCSUM, 0) != 0;
  }

  /** Lets a device, or the kernel, compute the checksums; {@code ethtool -K DEVICE tx on|off}. */
  public static void setTxChecksum(String device, boolean on) throws NetlinkException {
    call(device, ETHTOOL_STXCSUM, on ? 1 : 0);
  }

  private static int call(String device, int command, int value) throws NetlinkException {
    String operation = "ethtool " + device;
    Pointer setting = Memory.allocateDirect(Native.RUNTIME, 8, true);
    setting.putInt(0, command);
    setting.putInt(4, value);
    Pointer request = Memory.allocateDirect(Native.RUNTIME, IFREQ_BYTES, true);
    byte[] name = device.getBytes(StandardCharsets.UTF_8);
    request.put(0, name, 0, Math.min(name.length, NAME_BYTES - 1));
    request.putPointer(NAME_BYTES, setting);
    int socket = Native.check(Native.C.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), operation);
    try {
      Native.check(Native.C.ioctl(socket, SIOCETHTOOL, request), operation);
      return setting.getInt(4);
    } finally {
      Native.C.close(socket);
    }
  }
}
