// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static io.margay.ipip.Assembler.Size.BYTE;
import static io.margay.ipip.Assembler.Size.HALF;
import static io.margay.ipip.Assembler.Size.LONG;
import static io.margay.ipip.Assembler.Size.WORD;
import static io.margay.ipip.Register.R0;
import static io.margay.ipip.Register.R1;
import static io.margay.ipip.Register.R2;
import static io.margay.ipip.Register.R9;
import static io.margay.ipip.Register.STACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Encodings are those of RFC 9669: code, registers, offset, immediate value. */
class AssemblerTest {
  static Stream<Arguments> encodings() {
    return Stream.of(
        encoding("bf16 0000 00000000", a -> a.move(Register.R6, R1)),
        encoding("b700 0000 ffffffff", a -> a.move(R0, -1)),
        encoding("b402 0000 c0000201", a -> a.moveWord(R2, 0x010200c0)),
        encoding("bc20 0000 00000000", a -> a.moveWord(R0, R2)),
        encoding("7112 0800 00000000", a -> a.load(BYTE, R2, R1, 8)),
        encoding("6912 0c00 00000000", a -> a.load(HALF, R2, R1, 12)),
        encoding("6112 4c00 00000000", a -> a.load(WORD, R2, R1, 76)),
        encoding("79a2 f8ff 00000000", a -> a.load(LONG, R2, STACK, -8)),
        encoding("732a ffff 00000000", a -> a.store(BYTE, STACK, -1, R2)),
        encoding("6b2a feff 00000000", a -> a.store(HALF, STACK, -2, R2)),
        encoding("639a fcff 00000000", a -> a.store(WORD, STACK, -4, R9)),
        encoding("7b10 0000 00000000", a -> a.store(LONG, R0, 0, R1)),
        encoding("620a e8ff 45000000", a -> a.store(WORD, STACK, -24, 0x45)),
        encoding("0701 0000 ecffffff", a -> a.add(R1, -20)),
        encoding("0f21 0000 00000000", a -> a.add(R1, R2)),
        encoding("5701 0000 ffff0000", a -> a.and(R1, 0xffff)),
        encoding("4701 0000 03000000", a -> a.or(R1, 3)),
        encoding("4f21 0000 00000000", a -> a.or(R1, R2)),
        encoding("a701 0000 ffff0000", a -> a.xor(R1, 0xffff)),
        encoding("6701 0000 10000000", a -> a.shiftLeft(R1, 16)),
        encoding("7701 0000 20000000", a -> a.shiftRight(R1, 32)),
        encoding("dc01 0000 10000000", a -> a.swapHalf(R1)),
        encoding("8500 0000 98000000", a -> a.call(Helper.REDIRECT_NEIGH)),
        encoding("9500 0000 00000000", Assembler::exit));
  }

  private static Arguments encoding(String expected, UnaryOperator<Assembler> instruction) {
    return Arguments.of(expected, instruction);
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void encodes(String expected, UnaryOperator<Assembler> instruction) {
    assertEquals(expected, text(instruction.apply(new Assembler())));
  }

  static Stream<Arguments> jumps() {
    return Stream.of(
        encoding("0500 0100 00000000", a -> a.jump("end")),
        encoding("1501 0100 05000000", a -> a.jumpIfEqual(R1, 5, "end")),
        encoding("5501 0100 8effffff", a -> a.jumpIfNot(R1, -114, "end")),
        encoding("5601 0100 c0000202", a -> a.jumpIfWordIsNot(R1, 0x020200c0, "end")),
        encoding("4501 0100 3fff0000", a -> a.jumpIfAny(R1, 0xff3f, "end")),
        encoding("2d21 0100 00000000", a -> a.jumpIfGreater(R1, R2, "end")),
        encoding("bd21 0100 00000000", a -> a.jumpIfNotGreater(R1, R2, "end")));
  }

  @ParameterizedTest
  @MethodSource("jumps")
  void jumpsOverInstructionsToTheLabel(String expected, UnaryOperator<Assembler> jump) {
    Assembler program = jump.apply(new Assembler()).move(R0, 0).label("end").exit();

    assertEquals(expected, text(program).lines().findFirst().orElseThrow());
  }

  @Test
  void leavesMapsAndLinksToTheDataplane() {
    Assembler program =
        new Assembler().move(R0, 0).loadMap(R1, "peers").loadLink(R2, "eth0").exit();

    BpfProgram result = program.program("test", "eth1", Hook.INGRESS);

    assertEquals(
        """
        b700 0000 00000000
        1801 0000 00000000
        0000 0000 00000000
        b402 0000 00000000
        9500 0000 00000000\
        """,
        text(program));
    assertEquals(Map.of(1, "peers"), result.maps());
    assertEquals(Map.of(3, "eth0"), result.links());
  }

  @Test
  void refusesLabelsThatAreNotAhead() {
    Assembler missing = new Assembler().jump("end");
    Assembler behind = new Assembler().label("start").jump("start");

    assertThrows(IllegalStateException.class, missing::code);
    assertThrows(IllegalStateException.class, behind::code);
    assertThrows(IllegalStateException.class, () -> behind.label("start"));
  }

  /** An instruction a line. */
  private static String text(Assembler program) {
    return HexFormat.of()
        .formatHex(program.code())
        .replaceAll("(.{4})(.{4})(.{8})", "$1 $2 $3\n")
        .strip();
  }
}
