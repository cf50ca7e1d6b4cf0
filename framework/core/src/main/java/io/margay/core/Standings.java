// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Wire;
import io.margay.api.store.Revision;
import io.margay.core.ModePlanner.Good;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The standing objects of the modes, and which of them the kernel has: what this node receives.
 * Confined to the agent thread.
 */
final class Standings {
  private static final Duration RETRY = Duration.ofSeconds(2);

  private static final Set<Kind> VITAL =
      EnumSet.of(Kind.LINK, Kind.ADDRESS, Kind.BPF_MAP, Kind.BPF_PROGRAM);

  private static final class Standing {
    Good declared;
    boolean isSettled;
    Optional<Set<Wire>> received = Optional.empty();
    Revision reflected = Revision.NONE;
  }

  private final AgentThread agent;
  private final Declarations declarations;
  private final Runnable onChange;
  private final Map<String, Standing> standings = new HashMap<>();

  /**
   * No standing objects.
   *
   * @param onChange called on the agent thread when it has changed what is received
   */
  Standings(AgentThread agent, Declarations declarations, Runnable onChange) {
    this.agent = agent;
    this.declarations = declarations;
    this.onChange = onChange;
  }

  /** Declares what a plan wants to stand. */
  void declare(String mode, Good good, Cause cause) {
    Standing standing = standings.computeIfAbsent(mode, m -> new Standing());
    boolean isSame =
        standing.declared != null
            && standing.declared.plan().standing().equals(good.plan().standing())
            && standing.declared.plan().receives().equals(good.plan().receives());
    standing.declared = good;
    declarations.set(Owner.mode(mode), DesiredState.of(good.plan().standing()), cause);
    if (isSame && standing.isSettled) {
      standing.reflected = good.nodes();
    } else if (!isSame) {
      standing.isSettled = false;
      await(mode, standing, good);
    }
  }

  /** Removes what a mode had standing. */
  void retire(String mode, Cause cause) {
    standings.remove(mode);
    declarations.retire(Owner.mode(mode), cause);
  }

  /** Another dataplane: what it has is to be seen. */
  void restart() {
    standings.clear();
  }

  /** Wires of the mode that the kernel receives; empty until the first answer of the kernel. */
  Optional<Set<Wire>> received(String mode) {
    return Optional.ofNullable(standings.get(mode)).flatMap(s -> s.received);
  }

  /** Revision of kind Node that the kernel reflects. */
  Revision reflected(String mode) {
    return Optional.ofNullable(standings.get(mode)).map(s -> s.reflected).orElse(Revision.NONE);
  }

  /** Whether without it nothing is received; other objects concern one peer each. */
  private static boolean isVital(KernelObject object) {
    return VITAL.contains(object.kind())
        || object instanceof Route route && route.type() == Route.Type.LOCAL;
  }

  private void await(String mode, Standing standing, Good asked) {
    declarations
        .settled(Owner.mode(mode))
        .whenComplete(
            (done, refusal) ->
                agent.execute(() -> answered(mode, standing, asked, refusal == null)));
  }

  private void answered(String mode, Standing standing, Good asked, boolean isSettled) {
    boolean isLatest =
        standings.get(mode) == standing
            && standing.declared.plan().standing().equals(asked.plan().standing());
    if (!isLatest) {
      return;
    }
    standing.isSettled = isSettled;
    standing.reflected = standing.declared.nodes();
    boolean isReceiving =
        isSettled || !declarations.isRefused(Owner.mode(mode), Standings::isVital);
    standing.received = Optional.of(isReceiving ? standing.declared.plan().receives() : Set.of());
    if (!isSettled) {
      agent.after(RETRY, () -> await(mode, standing, asked));
    }
    onChange.run();
  }
}
