// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.file.Files;
import java.nio.file.Path;
import jnr.ffi.Pointer;

/** BPF file systems, in which BPF objects have names. Each mounted one is a file system apart. */
public final class BpfFs {
  /** linux/magic.h BPF_FS_MAGIC. */
  private static final int MAGIC = 0xcafe4a11;

  private static final int STATFS_BYTES = 256;

  private BpfFs() {}

  /** Whether the folder exists and is one. */
  public static boolean isMounted(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    Pointer result = BpfCall.memory(STATFS_BYTES);
    return Native.C.statfs(folder.toString(), result) == 0 && result.getInt(0) == MAGIC;
  }

  /** Mounts a new, empty one over the folder, in the mount namespace of this thread. */
  public static void mount(Path folder) throws NetlinkException {
    int result = Native.C.mount("bpf", folder.toString(), "bpf", 0, "mode=0700");
    Native.check(result, "mount bpf " + folder);
  }

  /** Unmounts it; what only a name in it kept alive goes. */
  public static void unmount(Path folder) throws NetlinkException {
    Native.check(Native.C.umount2(folder.toString(), 0), "umount " + folder);
  }
}
