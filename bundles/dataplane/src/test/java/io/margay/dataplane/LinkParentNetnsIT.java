// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Owner;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A link over another one, which it names by name and the kernel by index. */
class LinkParentNetnsIT {
  private static final Owner MODE = Owner.mode("x");
  private static final Cause TEST = new Cause("test");

  private TestNode node;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
    node.ip("link add other type veth peer name otherwire");
    dataplane = node.dataplane();
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vxlan", "macvlan"})
  void goesOverTheParentThatIsDeclared(String type) throws Exception {
    declare(over(type, "uplink"));

    assertTrue(isOver(type, "uplink"));
    String index = index();
    dataplane.close();
    dataplane = node.dataplane();
    declare(over(type, "uplink"));
    assertEquals(0, dataplane.written());
    assertEquals(List.of(), dataplane.preview(MODE, DesiredState.of(over(type, "uplink"))));

    declare(over(type, "other"));

    assertTrue(isOver(type, "other"));
    assertNotEquals(index, index());
  }

  @ParameterizedTest
  @ValueSource(strings = {"vxlan", "macvlan"})
  void waitsForItsParent(String type) {
    dataplane.declare(MODE, DesiredState.of(over(type, "late")), TEST);
    ExecutionException refused = assertThrows(ExecutionException.class, this::settle);
    assertEquals("ENODEV", ((DataplaneException) refused.getCause()).errno());

    node.ip("link add late type veth peer name latewire");
    TestNode.await("link over late", () -> isOver(type, "late"));

    node.ip("link del late");
    TestNode.await("link gone", () -> !node.ip("link show").contains("top"));
    node.ip("link add late type veth peer name latewire");
    TestNode.await("link over the new late", () -> isOver(type, "late"));
  }

  private static Link over(String type, String parent) {
    Link link = Link.of("top", type).withParent(parent);
    return type.equals("vxlan")
        ? link.withInfo(Attribute.u32(1, 4096)).withInfo(Attribute.be16(15, 4789))
        : link;
  }

  private boolean isOver(String type, String parent) {
    String all = node.ip("-o -d link show");
    return type.equals("vxlan")
        ? all.contains(" top: ") && all.contains("vxlan id 4096 dev " + parent + " ")
        : all.contains(" top@" + parent + ": ");
  }

  private String index() {
    return node.ip("-o link show top").split(":")[0];
  }

  private void declare(Link link) throws Exception {
    dataplane.declare(MODE, DesiredState.of(link), TEST);
    settle();
  }

  private void settle() throws Exception {
    dataplane.settled(MODE).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
