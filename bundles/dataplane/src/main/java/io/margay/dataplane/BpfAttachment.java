// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.BpfProgram;
import io.margay.netlink.BpfProgramFd;
import io.margay.netlink.NetlinkException;
import java.io.IOException;
import java.util.Collection;
import java.util.OptionalInt;

/** One of the ways in which programs are attached to links. */
interface BpfAttachment {
  /**
   * The kernel's number of the program that runs there under this name.
   *
   * @param index of the link
   */
  OptionalInt running(BpfProgram.Key key, int index) throws NetlinkException, IOException;

  /** Attaches the program, in one step in the place of one that runs there under this name. */
  void attach(BpfProgram.Key key, int index, BpfProgramFd program)
      throws NetlinkException, IOException;

  /** Detaches what runs there under this name, if anything does. */
  void detach(BpfProgram.Key key, int index) throws NetlinkException, IOException;

  /** What is attached under a name of ours, as far as it can be told without pins. */
  Collection<BpfProgram.Key> attached() throws NetlinkException;
}
