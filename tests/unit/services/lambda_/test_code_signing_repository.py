"""Keys of code signing configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.services.lambda_.code_signing_repository import CodeSigningConfig, config_arn, drop_config, put_config

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_a_life(world: World) -> None:
    ctx = world.ctx()
    made = [CodeSigningConfig(f"csc-{number}", ("arn",), 1.0) for number in (1, 2)]
    await world.repository.commit(*(put_config(ctx, each) for each in made))
    assert [record.key for record in await world.store.list("")] == [
        "000000000000/us-east-1/lambda/signing/csc-1",
        "000000000000/us-east-1/lambda/signing/csc-2",
    ]
    assert await world.signing.configs(ctx, after="csc-1", limit=9) == made[1:]
    arn = config_arn(ctx, made[0])
    assert arn == "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-1"
    kept = await world.signing.config(ctx, arn)
    assert kept is not None
    assert kept.value == made[0]
    assert await world.signing.config(world.ctx("eu-west-1"), arn) is None
    assert await world.signing.config(ctx, "nonsense") is None
    await world.repository.commit(drop_config(ctx, made[0], expect=kept.revision))
    assert await world.signing.config(ctx, arn) is None
