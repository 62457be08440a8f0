"""Reads a simulated unit with pymodbus and prints what it saw as one JSON line. Arguments: port, tcp or rtu-over-tcp."""
import json
import sys
import types

# Debian 12 only suggests the packages for serial lines, and pymodbus imports them even for TCP.
sys.modules.setdefault("serial_asyncio", types.SimpleNamespace(create_serial_connection=None))
sys.modules.setdefault("serial", types.SimpleNamespace())

from pymodbus.client import ModbusTcpClient  # noqa: E402
from pymodbus.constants import Endian  # noqa: E402
from pymodbus.mei_message import ReadDeviceInformationRequest  # noqa: E402
from pymodbus.payload import BinaryPayloadDecoder  # noqa: E402
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer  # noqa: E402

port, framing = int(sys.argv[1]), sys.argv[2]
client = ModbusTcpClient("127.0.0.1", port=port, framer=ModbusRtuFramer if framing == "rtu-over-tcp" else ModbusSocketFramer, timeout=5)
client.connect()
block = client.read_holding_registers(0, 10, slave=1)
swapped = client.read_holding_registers(0, 10, slave=2)
beyond = client.read_holding_registers(639, 2, slave=1)
write = client.write_register(2, 1, slave=1)
device = client.execute(ReadDeviceInformationRequest(0x01, 0x00, unit=1)) if framing == "tcp" else None
client.close()


def float_of(registers, wordorder):
    return BinaryPayloadDecoder.fromRegisters(registers[2:4], byteorder=Endian.Big, wordorder=wordorder).decode_32bit_float()


print(json.dumps({
    "typeCode": block.registers[0],
    "status": block.registers[1],
    "value": float_of(block.registers, Endian.Big),
    "swapped": float_of(swapped.registers, Endian.Little),
    "beyond": beyond.exception_code,
    "write": write.exception_code,
    "vendor": None if device is None else device.information[0].decode(),
}))
