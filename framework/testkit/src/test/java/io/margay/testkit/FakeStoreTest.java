// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.store.ConflictException;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import io.margay.api.store.Write;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The fake keeps the contract, and breaks as asked. */
@SuppressWarnings("try") // a watch is opened only to be closed
class FakeStoreTest extends StoreContract {
  private static final Key A = Key.of("Thing", "a");
  private static final Key B = Key.of("Thing", "b");
  private static final byte[] JSON = "{}".getBytes(UTF_8);

  private final FakeStore fake = new FakeStore();

  @Override
  protected Store open() {
    return fake;
  }

  @Override
  protected void lose() {
    fake.lose("switched off by the test");
  }

  @Override
  protected void restore() {
    fake.restore();
  }

  @Test
  void deliversBeforeTheWriteReturnsWhenAsked() throws Exception {
    FakeStore direct = new FakeStore(Runnable::run);
    EventRecorder events = new EventRecorder();

    try (Watch watch = direct.watch("Thing", Filter.ALL, events)) {
      events.next(Watcher.Reset.class);
      direct.put(A, JSON, Expected.ABSENT);

      assertEquals(false, events.isEmpty());
    }
  }

  @Test
  void crashKeepsThePrefixOfAGroup() throws Exception {
    fake.crashAfter(1);
    List<Write> group =
        List.of(Write.put(A, JSON, Expected.ABSENT), Write.put(B, JSON, Expected.ABSENT));

    assertThrows(StoreException.class, () -> fake.write(group));
    assertThrows(StoreException.class, () -> fake.get(A));
    fake.restore();

    assertTrue(fake.get(A).isPresent());
    assertTrue(fake.get(B).isEmpty());
  }

  @Test
  void lostAnswerWasWritten() throws Exception {
    fake.loseNextAnswer();

    assertThrows(StoreException.class, () -> fake.put(A, JSON, Expected.ABSENT));

    assertTrue(fake.get(A).isPresent());
  }

  @Test
  void anotherWriterMayComeBetween() throws Exception {
    fake.conflictNextWrite();
    assertThrows(ConflictException.class, () -> fake.put(A, JSON, Expected.ABSENT));

    fake.conflictNextWrite();
    Expected read = Expected.at(fake.get(A).orElseThrow().revision());
    assertThrows(ConflictException.class, () -> fake.delete(A, read));
    fake.delete(A, Expected.ANY);
  }
}
