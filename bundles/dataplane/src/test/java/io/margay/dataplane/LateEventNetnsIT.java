// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pod's link is made on another thread; what goes over it is declared before its event came. */
class LateEventNetnsIT {
  private static final Owner OWNER = Owner.workload("late");

  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.create();
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void writesOverALinkThatNoEventHasTold() throws Exception {
    Problems problems = new Problems(Time.SYSTEM);

    FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              declareOverANewLink(problems);
              return null;
            });
    node.setup().threads().create("kernel", task).start();
    task.get();

    assertEquals(Optional.empty(), problems.first(OWNER));
    assertTrue(node.ip("route").contains("10.0.0.1 dev late"), node.ip("route"));
  }

  private void declareOverANewLink(Problems problems) throws DataplaneException {
    NetlinkKernel.Options options = new NetlinkKernel.Options(80, 1 << 20, node.setup().threads());
    try (Kernel kernel = NetlinkKernel.open(options, () -> {}, Runnable::run)) {
      Reconciler reconciler = new Reconciler(deaf(kernel), problems, Time.SYSTEM, 90, false);
      reconciler.start();
      node.ip("link add late type veth peer name far");
      node.ip("link set late up");

      Route route = Route.of(Cidr.parse("10.0.0.1/32"), NextHop.dev("late"));
      reconciler.declare(OWNER, DesiredState.of(route), new Cause("test"));
      reconciler.step();
    }
  }

  /** The kernel without its events. */
  private static Kernel deaf(Kernel kernel) {
    return (Kernel)
        Proxy.newProxyInstance(
            Kernel.class.getClassLoader(),
            new Class<?>[] {Kernel.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("drain")) {
                return null;
              }
              try {
                return method.invoke(kernel, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
