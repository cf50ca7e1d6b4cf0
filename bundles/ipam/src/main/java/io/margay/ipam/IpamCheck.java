// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.WorkloadWitness.Word;
import io.margay.api.store.StoreException;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ipam:check}. */
@Component
public final class IpamCheck implements Command {
  private static final String REPAIR = "repair";

  /**
   * A finding.
   *
   * @param action what would be done, or what has become of it
   */
  record Row(String object, String problem, String action) {}

  private final BlockIpam ipam;
  private final AddressKeeper keeper;

  @Activate
  public IpamCheck(@Reference BlockIpam ipam, @Reference AddressKeeper keeper) {
    this.ipam = ipam;
    this.keeper = keeper;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "ipam", "check", "compare handles, blocks, affinities, endpoints and this node's links")
        .operating()
        .withFlag(REPAIR, "repair what can be without hurting a pod")
        .withRows(Row.class)
        .withExample("ipam:check")
        .withExample("ipam:check --repair");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    List<Finding> findings;
    try {
      findings = keeper.findings();
    } catch (StoreException e) {
      throw new CommandException("ipam:check: " + e.getMessage(), e);
    }
    int left = 0;
    for (Finding finding : findings) {
      boolean isTried = invocation.has(REPAIR) && finding.fix().isPresent();
      String action = isTried ? repair(finding) : finding.action();
      left += isTried && action.startsWith("done") ? 0 : 1;
      output.row(new Row(finding.object(), finding.problem(), action));
    }
    if (findings.isEmpty()) {
      output.message("nothing found");
    }
    if (left > 0) {
      output.flush();
      throw new CommandException(left == 1 ? "1 finding" : left + " findings");
    }
  }

  private String repair(Finding finding) {
    if (keeper.word(finding).filter(Word.KNOWN::equals).isPresent()) {
      return "kept: the runtime has the pod; delete it, or ipam:release --force";
    }
    try {
      boolean isDone = ipam.repairs(keeper.node()).apply(finding.fix().orElseThrow());
      return isDone ? "done: " + finding.action() : "has changed meanwhile";
    } catch (IpamException e) {
      return "failed: " + e.getMessage();
    }
  }
}
