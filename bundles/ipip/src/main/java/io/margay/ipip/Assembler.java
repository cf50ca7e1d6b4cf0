// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import io.margay.api.dataplane.BpfProgram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the instructions of a BPF program, for little-endian processors. RFC 9669; linux/bpf.h
 * struct bpf_insn.
 *
 * <p>Operations are on all 64 bits of a register, and immediate values are extended to them with
 * their sign, unless a name says {@code Word}: then on the lower 32 bits. Jumps go forward, to
 * labels set later.
 */
final class Assembler {
  /** How much a load or a store moves. */
  enum Size {
    BYTE(0x10),
    HALF(0x08),
    WORD(0x00),
    LONG(0x18);

    private final int bits;

    Size(int bits) {
      this.bits = bits;
    }
  }

  private static final int INSTRUCTION_BYTES = 8;

  // Classes
  private static final int LD = 0x00;
  private static final int LDX = 0x01;
  private static final int ST = 0x02;
  private static final int STX = 0x03;
  private static final int JMP = 0x05;
  private static final int JMP32 = 0x06;
  private static final int ALU = 0x04;
  private static final int ALU64 = 0x07;

  // Sources and modes
  private static final int X = 0x08;
  private static final int MEM = 0x60;
  private static final int LD_IMM64 = LD | 0x18;

  // Operations
  private static final int ADD = 0x00;
  private static final int OR = 0x40;
  private static final int AND = 0x50;
  private static final int LSH = 0x60;
  private static final int RSH = 0x70;
  private static final int XOR = 0xa0;
  private static final int MOV = 0xb0;
  private static final int TO_BE = 0xd0 | X;
  private static final int JA = 0x00;
  private static final int JEQ = 0x10;
  private static final int JGT = 0x20;
  private static final int JSET = 0x40;
  private static final int JNE = 0x50;
  private static final int JLE = 0xb0;
  private static final int CALL = 0x80;
  private static final int EXIT = 0x90;

  private record Instruction(int code, Register to, Register from, int offset, int immediate) {}

  private final List<Instruction> instructions = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private final Map<Integer, String> jumps = new TreeMap<>();
  private final Map<Integer, String> maps = new TreeMap<>();
  private final Map<Integer, String> links = new TreeMap<>();

  // --- values ---

  Assembler move(Register to, Register from) {
    return add(ALU64 | MOV | X, to, from, 0, 0);
  }

  Assembler move(Register to, int value) {
    return add(ALU64 | MOV, to, Register.R0, 0, value);
  }

  /** Clears the upper 32 bits. */
  Assembler moveWord(Register to, int value) {
    return add(ALU | MOV, to, Register.R0, 0, value);
  }

  /** Keeps the lower 32 bits. */
  Assembler moveWord(Register to, Register from) {
    return add(ALU | MOV | X, to, from, 0, 0);
  }

  Assembler load(Size size, Register to, Register base, int offset) {
    return add(LDX | MEM | size.bits, to, base, offset, 0);
  }

  Assembler store(Size size, Register base, int offset, Register from) {
    return add(STX | MEM | size.bits, base, from, offset, 0);
  }

  Assembler store(Size size, Register base, int offset, int value) {
    return add(ST | MEM | size.bits, base, Register.R0, offset, value);
  }

  /** The map that the plan declares under this name. */
  Assembler loadMap(Register to, String map) {
    maps.put(instructions.size(), map);
    add(LD_IMM64, to, Register.R0, 0, 0);
    return add(0, Register.R0, Register.R0, 0, 0);
  }

  /** The index of a link. */
  Assembler loadLink(Register to, String link) {
    links.put(instructions.size(), link);
    return moveWord(to, 0);
  }

  // --- arithmetic ---

  Assembler add(Register to, int value) {
    return add(ALU64 | ADD, to, Register.R0, 0, value);
  }

  Assembler add(Register to, Register from) {
    return add(ALU64 | ADD | X, to, from, 0, 0);
  }

  Assembler and(Register to, int value) {
    return add(ALU64 | AND, to, Register.R0, 0, value);
  }

  Assembler or(Register to, int value) {
    return add(ALU64 | OR, to, Register.R0, 0, value);
  }

  Assembler or(Register to, Register from) {
    return add(ALU64 | OR | X, to, from, 0, 0);
  }

  Assembler xor(Register to, int value) {
    return add(ALU64 | XOR, to, Register.R0, 0, value);
  }

  Assembler shiftLeft(Register to, int bits) {
    return add(ALU64 | LSH, to, Register.R0, 0, bits);
  }

  Assembler shiftRight(Register to, int bits) {
    return add(ALU64 | RSH, to, Register.R0, 0, bits);
  }

  /** Changes 16 bits between the order of the processor and that of the network. */
  Assembler swapHalf(Register to) {
    return add(ALU | TO_BE, to, Register.R0, 0, Short.SIZE);
  }

  // --- control ---

  Assembler jump(String label) {
    return jump(JMP | JA, Register.R0, Register.R0, 0, label);
  }

  Assembler jumpIfEqual(Register a, int value, String label) {
    return jump(JMP | JEQ, a, Register.R0, value, label);
  }

  Assembler jumpIfNot(Register a, int value, String label) {
    return jump(JMP | JNE, a, Register.R0, value, label);
  }

  Assembler jumpIfWordIsNot(Register a, int value, String label) {
    return jump(JMP32 | JNE, a, Register.R0, value, label);
  }

  /** Jumps if any of these bits is set. */
  Assembler jumpIfAny(Register a, int bits, String label) {
    return jump(JMP | JSET, a, Register.R0, bits, label);
  }

  /** Compares without sign. */
  Assembler jumpIfGreater(Register a, Register b, String label) {
    return jump(JMP | JGT | X, a, b, 0, label);
  }

  /** Compares without sign. */
  Assembler jumpIfNotGreater(Register a, Register b, String label) {
    return jump(JMP | JLE | X, a, b, 0, label);
  }

  Assembler call(Helper helper) {
    return add(JMP | CALL, Register.R0, Register.R0, 0, helper.number);
  }

  /** Ends the program with what is in R0. */
  Assembler exit() {
    return add(JMP | EXIT, Register.R0, Register.R0, 0, 0);
  }

  /** Names the next instruction. */
  Assembler label(String name) {
    if (labels.put(name, instructions.size()) != null) {
      throw new IllegalStateException("label " + name + ": set twice (expected: once)");
    }
    return this;
  }

  private Assembler jump(int code, Register a, Register b, int value, String label) {
    jumps.put(instructions.size(), label);
    return add(code, a, b, 0, value);
  }

  private Assembler add(int code, Register to, Register from, int offset, int immediate) {
    instructions.add(new Instruction(code, to, from, offset, immediate));
    return this;
  }

  // --- results ---

  int size() {
    return instructions.size();
  }

  byte[] code() {
    ByteBuffer code = ByteBuffer.allocate(instructions.size() * INSTRUCTION_BYTES);
    code.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < instructions.size(); i++) {
      Instruction instruction = instructions.get(i);
      int offset = jumps.containsKey(i) ? distance(i, jumps.get(i)) : instruction.offset();
      code.put((byte) instruction.code());
      code.put((byte) (instruction.to().ordinal() | instruction.from().ordinal() << 4));
      code.putShort((short) offset);
      code.putInt(instruction.immediate());
    }
    return code.array();
  }

  private int distance(int from, String label) {
    Integer to = labels.get(label);
    if (to == null || to <= from) {
      throw new IllegalStateException(
          "label " + label + ": " + (to == null ? "missing" : "behind") + " (expected: ahead)");
    }
    return to - from - 1;
  }

  /** The program with what the dataplane has to put into it. */
  BpfProgram program(String name, String link, BpfProgram.Hook hook) {
    BpfProgram program = BpfProgram.of(name, link, hook, code());
    for (Map.Entry<Integer, String> map : maps.entrySet()) {
      program = program.withMap(map.getKey(), map.getValue());
    }
    for (Map.Entry<Integer, String> other : links.entrySet()) {
      program = program.withLink(other.getKey(), other.getValue());
    }
    return program;
  }
}
