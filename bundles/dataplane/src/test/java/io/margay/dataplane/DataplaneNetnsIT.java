// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Route;
import io.margay.api.net.IpFamily;
import io.margay.testkit.DataplaneContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract, on the real kernel. */
class DataplaneNetnsIT extends DataplaneContract {
  private TestNode node;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
    dataplane = node.dataplane();
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Override
  protected Dataplane dataplane() {
    return dataplane;
  }

  @Override
  protected void restart() {
    dataplane.close();
    dataplane = node.dataplane();
  }

  @Override
  protected boolean holds(KernelObject object) {
    return IpRoutes.holds(node, (Route) object);
  }

  @Override
  protected void foreign(Route route) {
    node.ip(family(route) + " route replace " + text(route) + " proto static");
  }

  @Override
  protected void deleteByHand(Route route) {
    node.ip(family(route) + " route del " + text(route));
  }

  @Override
  protected long written() {
    return dataplane.written();
  }

  @Override
  protected void awaitRepaired(KernelObject object) {
    TestNode.await(object.toString(), () -> holds(object));
    TestNode.barrier(dataplane);
  }

  private static String text(Route route) {
    return route.toString().substring("route ".length());
  }

  private static String family(Route route) {
    return route.destination().family() == IpFamily.IPV4 ? "-4" : "-6";
  }
}
