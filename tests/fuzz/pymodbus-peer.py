"""Reads Modbus frames with pymodbus: one JSON list of questions per line in, one JSON list of answers per line out."""
import json
import logging
import struct
import sys
import types

# Debian 12 only suggests the packages for serial lines, and pymodbus imports them even for frames in memory.
sys.modules.setdefault("serial_asyncio", types.SimpleNamespace(create_serial_connection=None))
sys.modules.setdefault("serial", types.SimpleNamespace())

from pymodbus.constants import Endian  # noqa: E402
from pymodbus.factory import ClientDecoder  # noqa: E402
from pymodbus.payload import BinaryPayloadDecoder  # noqa: E402
from pymodbus.pdu import ExceptionResponse  # noqa: E402
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer  # noqa: E402

logging.disable(logging.CRITICAL)

BYTE_ORDER = {"ABCD": Endian.Big, "CDAB": Endian.Big, "BADC": Endian.Little, "DCBA": Endian.Little}
WORD_ORDER = {"ABCD": Endian.Big, "CDAB": Endian.Little, "BADC": Endian.Big, "DCBA": Endian.Little}
DECODERS = {
    "int16": "decode_16bit_int", "uint16": "decode_16bit_uint", "int32": "decode_32bit_int", "uint32": "decode_32bit_uint",
    "int64": "decode_64bit_int", "uint64": "decode_64bit_uint", "float32": "decode_32bit_float", "float64": "decode_64bit_float",
}


def value_of(registers, wanted):
    """A value of the registers: the bits of a double for floats, the decimal digits of integers."""
    part = registers[wanted["offset"]:wanted["offset"] + wanted["registers"]]
    decoder = BinaryPayloadDecoder.fromRegisters(part, byteorder=BYTE_ORDER[wanted["order"]], wordorder=WORD_ORDER[wanted["order"]])
    value = getattr(decoder, DECODERS[wanted["type"]])()
    return struct.pack(">d", value).hex() if isinstance(value, float) else str(value)


def describe(result, transaction, unit, pdu, wanted):
    """What a decoded answer says, in plain words."""
    answer = {"transaction": transaction, "unit": unit, "code": result.function_code, "pduBytes": len(pdu)}
    if isinstance(result, ExceptionResponse):
        answer["exception"] = result.exception_code
    elif hasattr(result, "registers") and result.function_code in (3, 4):
        answer["registers"] = result.registers
        answer["byteCount"] = pdu[1]
        if wanted is not None and len(result.registers) >= wanted["offset"] + wanted["registers"]:
            answer["value"] = value_of(result.registers, wanted)
    elif hasattr(result, "bits") and result.function_code in (1, 2):
        answer["byteCount"] = result.byte_count
        answer["bits"] = "".join("1" if bit else "0" for bit in result.bits)
    elif result.function_code == 43:
        answer["mei"] = result.sub_function_code
        answer["objectCount"] = result.number_of_objects
        answer["more"] = result.more_follows
        answer["objects"] = [[key, item.hex()] for key, items in result.information.items() for item in (items if isinstance(items, list) else [items])]
    return answer


def read_all(framing, data, wanted):
    """The frames that pymodbus finds in the bytes, up to the first that it cannot read."""
    framer = (ModbusRtuFramer if framing == "rtu" else ModbusSocketFramer)(ClientDecoder(), client=None)
    found = []
    pdus = []
    get_frame = framer.getFrame
    framer.getFrame = lambda: pdus.append(get_frame()) or pdus[-1]
    try:
        framer.processIncomingPacket(data, lambda r: found.append(describe(r, r.transaction_id, r.unit_id, pdus[-1], wanted)), [0], single=True)
    except Exception as exc:  # pylint: disable=broad-except
        return {"found": found, "error": type(exc).__name__}
    return {"found": found}


for line in sys.stdin:
    print(json.dumps([[read_all(q["framing"], bytes.fromhex(part), q.get("wanted")) for part in q["parts"]] for q in json.loads(line)]), flush=True)
