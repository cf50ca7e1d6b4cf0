// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Output;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AttachmentListTest {
  private TestNode node;

  @BeforeEach
  void createNode() throws Exception {
    node = new TestNode();
  }

  @AfterEach
  void closeNode() throws Exception {
    node.close();
  }

  @Test
  void listsPodsAndOtherContainersWithTheirLinks() throws Exception {
    node.run(TestNode.call(Verb.ADD));
    Map<String, String> pod = Map.of("CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web");
    node.run(TestNode.call(Verb.ADD, "c2", pod, Map.of()));
    String gone = new Attachment("net", "c2", "eth0").handle();
    node.plumber.links.remove(gone);

    List<AttachmentList.Row> rows = rows();

    assertEquals(2, rows.size());
    AttachmentList.Row bare =
        rows.stream().filter(row -> row.pod().isEmpty()).findFirst().orElseThrow();
    assertEquals("net/" + TestNode.CONTAINER + "/eth0", bare.attachment());
    assertTrue(bare.link().orElseThrow().startsWith("cali"), bare.toString());
    assertTrue(bare.addresses().contains("."), bare.addresses());
    assertTrue(!Instant.parse(bare.since().orElseThrow()).isAfter(Instant.now()));
    AttachmentList.Row web =
        rows.stream().filter(row -> row.pod().isPresent()).findFirst().orElseThrow();
    assertEquals(Optional.of("shop/web"), web.pod());
    assertEquals(Optional.empty(), web.link());
  }

  private List<AttachmentList.Row> rows() throws Exception {
    List<AttachmentList.Row> rows = new ArrayList<>();
    Output output =
        new Output() {
          @Override
          public void row(Record row) {
            rows.add((AttachmentList.Row) row);
          }

          @Override
          public void message(String text) {
            throw new AssertionError(text);
          }

          @Override
          public boolean isClosed() {
            return false;
          }

          @Override
          public void flush() {
            // Rows are collected at once.
          }
        };
    new AttachmentList(node.agent, node.store, node.plumber).run(null, output);
    return rows;
  }
}
