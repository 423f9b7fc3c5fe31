"""What becomes of a start that waits when the hub is started anew."""

from unit.hub_pages.queue_hub import Scene, queue_hub

from support.eventually import until


async def test_who_waited_reads_so_and_queues_again_with_one_click(tmp_path):
    """The first hub ends as a process does: nothing of it tidies up."""
    async with queue_hub(tmp_path) as first:
        scene = Scene(first)
        ada, ben = await scene.visit("ada"), await scene.visit("ben")
        await scene.start(ada)
        await scene.runs("ada")
        await scene.start(ben)
        await scene.waits("ben")
        database = (tmp_path / "hub.sqlite").read_bytes()
        for browser in (ben, ada):
            await scene.stop(browser)
        await until(lambda: not scene.core.objects)
    (tmp_path / "hub.sqlite").write_bytes(database)

    async with queue_hub(tmp_path) as second:
        scene = Scene(second)
        await until(lambda: not scene.is_active("ben"))
        ben = await scene.visit("ben")
        page = await ben.open("/hub/spawn")

        assert "was waiting in the queue when the hub was restarted" in page.text
        assert ">Start again<" in page.text
        assert not scene.core.objects
        form = page.text.partition('id="remedy-vision-pytorch"')[2]
        assert 'name="cpu" value="2"' in form.partition("</form>")[0]

        await scene.start(ben)
        await scene.runs("ben")
        await scene.stop(ben)
        await until(lambda: not scene.core.objects)
