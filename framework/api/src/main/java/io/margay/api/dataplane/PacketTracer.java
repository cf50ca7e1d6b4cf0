// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Tells the truth about a path by real packets: sends one and says what came back, and watches what
 * this node's kernel does with such packets. Called on any thread.
 *
 * <p>It leaves nothing behind: the sockets and the nftables table of a watch go with it, also when
 * the process is killed. Both are bounded, so that nobody can burden a node by it.
 */
@ProviderType
public interface PacketTracer {
  /**
   * How the names of the nftables tables (family inet) begin that are there during a watch. A
   * kernel since 5.12 removes them with the process.
   */
  String TABLES = "margay-trace-";

  /**
   * Sends one packet and waits for its answer. Returns at once; the stage never fails: what goes
   * wrong is {@link TraceReply.Kind#REFUSED}, also when too many packets wait for their turn
   * ({@code EBUSY}).
   */
  CompletionStage<TraceReply> send(TracePacket packet);

  /**
   * Watches the first packets of a flow, there and back, in this node's kernel; of TCP only those
   * that open a connection or refuse it. When this returns, the next packet is seen. Blocks for
   * some milliseconds.
   *
   * <p>A kernel that cannot trace still counts: {@link WatchReport#obstacle} says so then.
   *
   * @param most when the watch ends by itself, up to 30 s
   * @throws DataplaneException EBUSY when too many watches are under way
   */
  PacketWatch watch(TraceFlow flow, Duration most) throws DataplaneException;
}
