// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.ipam.WorkloadWitness.Testimony;
import io.margay.api.ipam.WorkloadWitness.Word;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RuntimeWordsTest {
  private static final Attachment ATTACHMENT = new Attachment("net", "c", "eth0");

  private final RuntimeWords words = new RuntimeWords();
  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    node = new TestNode();
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @Test
  void saysNothingOfWhatItHasNotHeardOf() {
    assertEquals(Optional.empty(), words.lastWord("net", "net.c"));
  }

  @Test
  void aListCoversItsOwnNetworkOnly() {
    words.listed("net", Set.of(ATTACHMENT));

    assertEquals(Optional.of(Word.KNOWN), word("net", "net.c"));
    assertEquals(Optional.of(Word.UNKNOWN), word("net", "net.d"));
    assertEquals(Optional.empty(), word("other", "other.d"));
  }

  @Test
  void theLaterWordCounts() {
    words.listed("net", Set.of());
    words.added(ATTACHMENT);
    assertEquals(Optional.of(Word.KNOWN), word("net", "net.c"));

    words.listed("net", Set.of());
    assertEquals(Optional.of(Word.UNKNOWN), word("net", "net.c"));
  }

  @Test
  void aCallUnderWayCountsMost() {
    words.listed("net", Set.of());
    words.begin(ATTACHMENT);
    words.begin(ATTACHMENT);
    words.end(ATTACHMENT);
    assertEquals(Optional.of(Word.UNDER_WAY), word("net", "net.c"));

    words.end(ATTACHMENT);
    assertEquals(Optional.of(Word.UNKNOWN), word("net", "net.c"));
  }

  @Test
  void hearsWhatTheVerbsAreTold() throws Exception {
    String handle = "net." + TestNode.CONTAINER;
    node.run(TestNode.call(Verb.ADD));
    assertEquals(Optional.of(Word.KNOWN), said(handle));

    node.run(TestNode.call(Verb.DEL));
    assertEquals(Optional.empty(), said(handle));

    Map<String, String> none = Map.of("cni.dev/valid-attachments", "[]");
    node.run(TestNode.call(Verb.GC, TestNode.CONTAINER, Map.of(), none));
    assertEquals(Optional.of(Word.UNKNOWN), said(handle));
    assertEquals(List.of(), node.remains());
  }

  private Optional<Word> said(String handle) {
    return node.services.words().lastWord("net", handle).map(Testimony::word);
  }

  private Optional<Word> word(String network, String handle) {
    return words.lastWord(network, handle).map(Testimony::word);
  }
}
