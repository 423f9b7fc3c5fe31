"""Whether people can read and name what a page shows."""

import re

from playwright.sync_api import Locator, Page

from support.platform import REPOSITORY

AXE = REPOSITORY / "extensions/node_modules/axe-core/axe.min.js"
LEAST_CONTRAST = 4.5
"""Of text on its ground, as WCAG 2 asks at level AA."""

UNNAMED = re.compile(
    r"^\s*- (textbox|spinbutton|combobox|checkbox|button|link|application|region)"
    r"( \[[^]]*\])*:?$"
)

FAINT = """(root, least) => {
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    canvas.width = canvas.height = 1;
    const paint = (under, over) => {
        pen.clearRect(0, 0, 1, 1);
        for (const colour of [under, over]) {
            pen.fillStyle = colour;
            pen.fillRect(0, 0, 1, 1);
        }
        return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const css = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`;
    const ground = element => {
        const under = element.parentElement ? ground(element.parentElement) : 'white';
        return css(paint(under, getComputedStyle(element).backgroundColor));
    };
    const light = colour => {
        const [r, g, b] = colour.map(part => part / 255)
            .map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    for (const element of root.querySelectorAll('*')) {
        const own = [...element.childNodes]
            .filter(each => each.nodeType === Node.TEXT_NODE)
            .map(each => each.textContent.trim()).join(' ').trim();
        const text = own || element.value || '';
        if (!text || !element.checkVisibility({opacityProperty: true})
            || element.closest(':disabled, [data-disabled=true], .mf-Hidden')) {
            continue;
        }
        const {color, fill} = getComputedStyle(element);
        const under = ground(element);
        const pair = [
            paint(under, element instanceof SVGElement ? fill : color),
            paint(under, 'transparent')
        ];
        const [low, high] = pair.map(light).sort((a, b) => a - b);
        const contrast = (high + 0.05) / (low + 0.05);
        if (contrast < least) {
            const where = element.getAttribute('class') || element.tagName;
            found.push(`${contrast.toFixed(2)} ${where}: ${String(text).slice(0, 40)}`);
        }
    }
    return found;
}"""

TOO_WIDE = """root => [root, ...root.querySelectorAll('*')]
    .filter(each => each.scrollWidth > each.clientWidth + 1)
    .filter(each => each.clientWidth > 1)
    .filter(each => {
        const {overflowX, display} = getComputedStyle(each);
        const isMeant = each.matches('pre, input, [title], [title] *, .mf-JobReason');
        return !isMeant && display !== 'inline' && overflowX !== 'visible';
    })
    .map(each => `${each.className} ${each.scrollWidth} > ${each.clientWidth}`)"""


def unnamed(part: Locator) -> list[str]:
    """Controls that a screen reader can only call by their kind."""
    lines = part.aria_snapshot().splitlines()
    return [line.strip() for line in lines if UNNAMED.match(line)]


def faint(part: Locator) -> list[str]:
    """Texts that are too like their ground."""
    return list(part.evaluate(FAINT, LEAST_CONTRAST))


def too_wide(part: Locator) -> list[str]:
    """Parts of which something is cut off or must be scrolled to from side to side."""
    return list(part.evaluate(TOO_WIDE))


def broken_rules(page: Page) -> list[str]:
    """What axe finds, of levels A and AA and of good practice."""
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        """async () => {
            const {violations} = await axe.run(document.querySelector('main'));
            return violations.map(({id, nodes}) =>
                `${id}: ${nodes.map(each => each.html).join(' ')}`);
        }"""
    )
    return [str(each) for each in found]
