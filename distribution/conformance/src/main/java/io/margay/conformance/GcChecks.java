// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** GC, and STATUS: both came with 1.1.0. */
final class GcChecks {
  private static final String VALID = "cni.dev/valid-attachments";

  private GcChecks() {}

  static List<Check> all() {
    List<Check> checks =
        List.of(
            must("P39", "GC keeps what is valid", GcChecks::keepsValid),
            should("P39", "GC removes what is not valid", GcChecks::removesStale),
            should("P39", "GC with an empty list removes all", GcChecks::emptyList),
            must("P39", "GC without the list removes nothing", GcChecks::withoutList),
            must("P39", "GC of another network removes nothing", GcChecks::otherNetwork),
            must("P40", "GC succeeds when a stale namespace is gone", GcChecks::namespaceGone),
            must("P40", "GC with nothing to do succeeds", GcChecks::nothingToDo),
            should("P42", "GC prints nothing", GcChecks::isSilent),
            must("P33", "STATUS succeeds exactly when ADD does", GcChecks::status),
            should("P33", "STATUS prints nothing on success", GcChecks::silentStatus),
            must("P1", "STATUS needs no variable but CNI_COMMAND", GcChecks::bareStatus));
    List<Check> since = new ArrayList<>();
    checks.forEach(check -> since.add(check.since(SpecVersion.V1_1_0)));
    return since;
  }

  /** As libcni sends it: with the list under its older name, too. */
  private static Call call(Trial trial, Container... valid) {
    JsonArray list = new JsonArray();
    for (Container container : valid) {
      JsonObject attachment = new JsonObject();
      attachment.addProperty("containerID", container.id());
      attachment.addProperty("ifname", Container.IFNAME);
      list.add(attachment);
    }
    JsonObject conf = trial.conf(VALID, list);
    conf.add("cni.dev/attachments", list);
    return trial.call("GC").withInput(conf);
  }

  private static boolean isAttached(Container container) throws IOException, InterruptedException {
    return container.namespace().link(Container.IFNAME).isPresent();
  }

  private static void assertAttached(Trial trial, Container container)
      throws Deviation, IOException, InterruptedException {
    if (!isAttached(container)) {
      throw new Deviation("the interface is gone");
    }
    trial.run("CHECK", container).succeeded();
  }

  private static String keepsValid(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container valid = trial.added();
    trial.added();
    trial.run(call(trial, valid)).succeeded();
    assertAttached(trial, valid);
    return "";
  }

  private static String removesStale(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container valid = trial.added();
    Container stale = trial.added();
    trial.run(call(trial, valid)).succeeded();
    assertRemoved(trial, stale);
    return "";
  }

  private static void assertRemoved(Trial trial, Container stale)
      throws Deviation, IOException, InterruptedException {
    if (isAttached(stale)) {
      throw new Deviation("the interface is still there");
    }
    trial.assertNoLease(stale);
  }

  private static String emptyList(Trial trial) throws Deviation, IOException, InterruptedException {
    Container first = trial.added();
    Container second = trial.added();
    trial.run(call(trial)).succeeded();
    assertRemoved(trial, first);
    assertRemoved(trial, second);
    return "";
  }

  private static String withoutList(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    Outcome outcome = trial.run(trial.call("GC"));
    assertAttached(trial, container);
    return outcome.isSuccess() ? "succeeds" : "refuses with code " + outcome.refused().code();
  }

  private static String otherNetwork(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    JsonObject conf = trial.conf(VALID, new JsonArray());
    conf.addProperty("name", trial.site().conf().name() + "-other");
    trial.run(trial.call("GC").withInput(conf)).succeeded();
    assertAttached(trial, container);
    return "";
  }

  private static String namespaceGone(Trial trial)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.added();
    container.namespace().delete();
    trial.run(call(trial)).succeeded();
    trial.assertNoLease(container);
    return "";
  }

  private static String nothingToDo(Trial trial)
      throws Deviation, IOException, InterruptedException {
    trial.run(call(trial)).succeeded();
    trial.run(call(trial)).succeeded();
    return "";
  }

  private static String isSilent(Trial trial) throws Deviation, IOException, InterruptedException {
    trial.added();
    trial.run(call(trial)).succeededSilently();
    return "";
  }

  private static String status(Trial trial) throws Deviation, IOException, InterruptedException {
    Outcome status = trial.run(trial.call("STATUS"));
    Outcome add = trial.run("ADD", trial.container());
    if (status.isSuccess() != add.isSuccess()) {
      throw new Deviation("STATUS: " + status + "; ADD: " + add);
    }
    return status.isSuccess() ? "both succeed" : "code " + status.refused(50, 51).code();
  }

  private static String silentStatus(Trial trial)
      throws Deviation, IOException, InterruptedException {
    trial.run(trial.call("STATUS")).succeededSilently();
    return "";
  }

  private static String bareStatus(Trial trial)
      throws Deviation, IOException, InterruptedException {
    trial.run(trial.call("STATUS").without("CNI_PATH")).succeeded();
    return "";
  }
}
