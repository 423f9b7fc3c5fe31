"""What a ProxyCommand of ssh does: its bytes to and from the service's WebSocket.

python ssh_pump.py <url> <public key>, with the token in MOFANG_TOKEN. A sentence of the
service's goes to the error output.
"""

import asyncio
import json
import os
import sys

import aiohttp

CHUNK_BYTES = 64 * 1024


async def pump(url: str, key: str) -> None:
    headers = {
        "Authorization": f"token {os.environ['MOFANG_TOKEN']}",
        "Mofang-Public-Key": key,
    }
    async with aiohttp.ClientSession() as http:
        try:
            socket = await http.ws_connect(url, headers=headers, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as err:
            print(f"refused with {err.status}", file=sys.stderr)
            sys.exit(1)
        upward = asyncio.create_task(_send(socket))
        code = 0
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                await asyncio.to_thread(_write, message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                print(json.loads(message.data)["error"], file=sys.stderr)
                code = 1
        upward.cancel()
    # Its thread still reads, and would hold up the interpreter's end.
    sys.stderr.flush()
    os._exit(code)


async def _send(socket: aiohttp.ClientWebSocketResponse) -> None:
    while content := await asyncio.to_thread(os.read, 0, CHUNK_BYTES):
        await socket.send_bytes(content)
    await socket.close()


def _write(content: bytes) -> None:
    while content:
        content = content[os.write(1, content) :]


if __name__ == "__main__":
    asyncio.run(pump(*sys.argv[1:]))
